//! What extends the idle timeout, and what that may cost.

use super::*;

impl Site {
    /// The seconds by which a request, ten minutes after a visit, moves the expiry.
    async fn moved_by(&self, request: http::request::Builder) -> i64 {
        let id = self.visitor().await;
        let before = self.world.load(&self.store, &id).await.expires_at();
        self.world.clock.advance(Duration::from_secs(600));
        self.world.network.take_sent();
        assert_eq!(self.send(request.header(COOKIE, pair(&id))).await.status, StatusCode::OK);
        let after = self.world.load(&self.store, &id).await.expires_at();
        after.epoch_seconds() - before.epoch_seconds()
    }
}

#[tokio::test]
async fn a_prefetch_extends_nothing_and_its_changes_are_stored() {
    let site = Site::new(usual()).await;
    for (header, value) in [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("Sec-Purpose", "Prefetch; anonymous-client-ip"),
        ("purpose", "prefetch"),
        ("x-moz", "prefetch"),
    ] {
        let request = || Request::get("/look").header(header, value);
        assert_eq!(site.moved_by(request()).await, 0, "{header}: {value}");
        assert!(!site.operations().contains(&"UpdateItem".to_owned()));
        let changing = Request::get("/visit").header(header, value);
        assert_eq!(site.moved_by(changing).await, 0, "{header}: {value}");
        assert!(site.operations().contains(&"UpdateItem".to_owned()));
    }
    for path in ["/look", "/visit"] {
        assert_eq!(site.moved_by(Request::get(path)).await, 600, "{path}");
        let other = Request::get(path).header("sec-purpose", "prefetching");
        assert_eq!(site.moved_by(other).await, 600, "{path}");
    }
}

#[tokio::test]
async fn background_polling_can_be_told_apart() {
    let site = Site::with(|layer| {
        usual().layer(layer.activity(|request| request.header("x-poll").is_none()))
    });
    let site = site.await;
    assert_eq!(site.moved_by(Request::get("/look").header("x-poll", "1")).await, 0);
    assert_eq!(site.moved_by(Request::get("/look")).await, 600);
    let both = Request::get("/look").header("sec-purpose", "prefetch");
    assert_eq!(site.moved_by(both).await, 0, "a prefetch stays one");
}

#[tokio::test(start_paused = true)]
async fn extending_makes_one_attempt_with_a_short_time_out() {
    let site = Site::new(usual()).await;
    let id = site.visitor().await;
    for fault in [
        Fault::Answer(400, THROTTLED),
        Fault::LoseRequest,
        Fault::Answer(500, "InternalServerError"),
        Fault::Hold(Arc::new(Notify::new())),
    ] {
        site.world.clock.advance(Duration::from_secs(300));
        for _ in 0..5 {
            site.world.network.fail_next("UpdateItem", fault.clone());
        }
        let begun = tokio::time::Instant::now();
        let reply = site.get_as("/look", &id).await;
        let took = begun.elapsed();
        assert_eq!((reply.status, &*reply.body), (StatusCode::OK, "None 10"), "{fault:?}");
        let updates = site.operations().iter().filter(|sent| *sent == "UpdateItem").count();
        assert_eq!(updates, 1, "{fault:?}");
        assert!(took <= Duration::from_millis(300), "{fault:?}: {took:?} of the paused clock");
        site.world.network.forget_faults();
    }
}

#[tokio::test(start_paused = true)]
async fn all_that_the_layer_does_ends_by_its_deadline() {
    let site = Site::with(|layer| usual().layer(layer.deadline(Duration::from_secs(3)))).await;
    let id = site.visitor().await;
    for operation in ["GetItem", "UpdateItem"] {
        for _ in 0..50 {
            let hold = Fault::Hold(Arc::new(Notify::new()));
            site.world.network.fail_next(operation, hold);
        }
        let begun = tokio::time::Instant::now();
        let reply = site.get_as("/visit", &id).await;
        assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{operation}");
        assert!(begun.elapsed() <= Duration::from_millis(3100), "{operation}");
        site.world.network.forget_faults();
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_counts_the_load_and_the_commit_together() {
    let site = Site::with(|layer| usual().layer(layer.deadline(Duration::from_secs(3)))).await;
    let id = site.visitor().await;
    site.world.network.fail_next("GetItem", Fault::Slow(Duration::from_secs(2), None));
    for _ in 0..50 {
        site.world.network.fail_next("UpdateItem", Fault::Hold(Arc::new(Notify::new())));
    }
    let begun = tokio::time::Instant::now();
    let reply = site.get_as("/visit", &id).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(begun.elapsed() <= Duration::from_millis(3100), "{:?}", begun.elapsed());
}
