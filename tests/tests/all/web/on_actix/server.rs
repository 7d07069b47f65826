//! A server of actix-web's, from the side of the network.

use std::net::{SocketAddr, TcpListener};

use actix_web::dev::ServerHandle;
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use dynamo_session::{Session, SessionId, SessionLayer, SessionStore};
use dynamo_session_tests::World;
use futures_util::{StreamExt, stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::promises::{Web, look};

/// A server with one worker, and what its handlers wait for.
struct Server {
    world: World,
    store: SessionStore<Web>,
    address: SocketAddr,
    released: Data<Semaphore>,
    handle: ServerHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

impl Server {
    async fn start() -> Self {
        let (world, store) = World::with_store::<Web>().await;
        let released = Data::new(Semaphore::new(0));
        let (sessions, data) = (SessionLayer::new(store.clone()), released.clone());
        let app = move || {
            App::new()
                .app_data(data.clone())
                .route("/look", web::get().to(look))
                .route("/panic", web::get().to(panic))
                .route("/stream", web::get().to(stream_of_two))
                .route("/echo", web::get().to(echo))
                .wrap(sessions.clone())
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = HttpServer::new(app).workers(1).disable_signals().listen(listener).unwrap();
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { world, store, address, released, handle }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn visitor(&self) -> SessionId {
        let mut session = self.store.create();
        session.visits = 10;
        let _ = session.commit().await.unwrap();
        session.id().clone()
    }

    async fn visits(&self, id: &SessionId) -> u64 {
        self.world.load(&self.store, id).await.visits
    }
}

async fn panic(mut session: Session<Web>) -> HttpResponse {
    session.visits += 1;
    assert_eq!(session.visits, 0, "on purpose");
    HttpResponse::Ok().finish()
}

async fn stream_of_two(mut session: Session<Web>, released: Data<Semaphore>) -> HttpResponse {
    session.visits += 1;
    drop(session);
    let parts = stream::iter(["first", "second"]).then(move |part| {
        let released = released.clone();
        async move {
            released.acquire().await.unwrap().forget();
            Ok::<_, actix_web::Error>(Bytes::from(part))
        }
    });
    HttpResponse::Ok().streaming(parts)
}

/// Switches to a protocol of its own, as a WebSocket does.
async fn echo(mut session: Session<Web>, _: HttpRequest, incoming: Payload) -> HttpResponse {
    session.visits += 1;
    drop(session);
    HttpResponse::SwitchingProtocols().upgrade("websocket").streaming(incoming)
}

async fn send(connection: &mut TcpStream, path: &str, headers: &str) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
}

fn cookie(id: &SessionId) -> String {
    format!("Cookie: __Host-Http-session={}\r\n", id.expose_secret())
}

/// What comes until it ends with this text.
async fn read_until(connection: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    while !read.ends_with(end.as_bytes()) {
        assert_ne!(connection.read_buf(&mut read).await.unwrap(), 0, "{read:?}");
    }
    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn each_request_of_a_connection_has_its_own_session() {
    let server = Server::start().await;
    let id = server.visitor().await;
    let mut connection = server.connect().await;
    for _ in 0..3 {
        send(&mut connection, "/look", &cookie(&id)).await;
        read_until(&mut connection, "\r\n\r\nNone 10").await;
        send(&mut connection, "/look", "").await;
        read_until(&mut connection, "\r\n\r\nNone 0").await;
    }
}

#[tokio::test]
async fn the_commit_is_made_and_the_cookie_sent_before_a_streamed_body() {
    let server = Server::start().await;
    let mut connection = server.connect().await;
    send(&mut connection, "/stream", "").await;
    let head = read_until(&mut connection, "\r\n\r\n").await;
    let (_, cookie) = head.split_once("__Host-Http-session=").unwrap();
    let id: SessionId = cookie.split(';').next().unwrap().parse().unwrap();
    assert_eq!(server.visits(&id).await, 1);
    server.released.add_permits(2);
    read_until(&mut connection, "first\r\n6\r\nsecond\r\n0\r\n\r\n").await;
}

#[tokio::test]
async fn a_connection_is_upgraded_after_the_commit() {
    let server = Server::start().await;
    let mut connection = server.connect().await;
    send(&mut connection, "/echo", "Connection: upgrade\r\nUpgrade: websocket\r\n").await;
    let head = read_until(&mut connection, "\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    let (_, cookie) = head.split_once("__Host-Http-session=").unwrap();
    let id: SessionId = cookie.split(';').next().unwrap().parse().unwrap();
    assert_eq!(server.visits(&id).await, 1);
    for word in ["one", "two"] {
        connection.write_all(word.as_bytes()).await.unwrap();
        assert_eq!(read_until(&mut connection, word).await, word);
    }
}

#[tokio::test]
async fn a_panic_costs_its_own_connection_and_commits_nothing() {
    let server = Server::start().await;
    let id = server.visitor().await;
    let mut connection = server.connect().await;
    send(&mut connection, "/panic", &cookie(&id)).await;
    assert_eq!(connection.read(&mut [0]).await.unwrap_or(0), 0);
    assert_eq!(server.visits(&id).await, 10);
    let mut connection = server.connect().await;
    send(&mut connection, "/look", &cookie(&id)).await;
    read_until(&mut connection, "\r\n\r\nNone 10").await;
}
