//! What each system does, as its package does it by default.

/// One system: its rows and its cookie.
#[derive(Clone, Copy, Debug)]
pub(super) struct System {
    pub(super) name: &'static str,
    pub(super) hash_key: &'static str,
    pub(super) sort_key: Option<&'static str>,
    pub(super) prefix: &'static str,
    pub(super) ttl_key: Option<&'static str>,
    pub(super) unit: Unit,
    /// A row without an expiry, or with one that is no number, has ended.
    pub(super) without_expiry: Ended,
    pub(super) data: Data,
    /// The session of a new row is JSON text, and no Map.
    pub(super) is_text: bool,
    /// An attribute that each row has beside, and its value.
    pub(super) kind: Option<(&'static str, &'static str)>,
    /// Where, among the session's keys, the store notes when it has written the row.
    pub(super) written_at: Option<(&'static str, Instant)>,
    /// What the framework keeps among the session's own keys.
    pub(super) framework_keys: &'static [&'static str],
    /// An expiry in milliseconds among them, which is what the framework goes by.
    pub(super) inner_expiry: Option<&'static str>,
    /// Empty text is stored as NULL.
    pub(super) stores_empty_text_as_null: bool,
    pub(super) cookie: CookieFormat,
    pub(super) cookie_name: &'static str,
}

/// Where a row keeps the session.
#[derive(Clone, Copy, Debug)]
pub(super) enum Data {
    /// In one attribute, as JSON text or as a Map.
    In(&'static str),
    /// As JSON text in this attribute if there is one; otherwise each key is an attribute, and the row never expires.
    TextInOrTopLevel(&'static str),
    /// Each key is an attribute.
    TopLevel,
}

/// In which form a store notes an instant.
#[derive(Clone, Copy, Debug)]
pub(super) enum Instant {
    Milliseconds,
    Iso,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
}

/// Which rows have ended for their own store, because of the expiry that they lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Never,
    IfAbsent,
    IfAbsentOrNoNumber,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum CookieFormat {
    /// cookie-signature: `s:`, the id, a dot and a signature, percent-encoded.
    Express,
    /// keygrip: the id, and its signature in a second cookie.
    Koa,
    /// The id as JSON in base64, a dot and a signature, percent-encoded.
    ReactRouter,
}

/// What each object of JavaScript has.
const OF_EVERY_OBJECT: [&str; 12] = [
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
];

/// What the session of express-session has: of a row, it drops keys of these names.
const OF_EXPRESS: [&str; 8] =
    ["destroy", "id", "regenerate", "reload", "req", "resetMaxAge", "save", "touch"];

/// What the session of koa-session has: by keys of these names, it drops them, fails, or is no session any more.
const OF_KOA: [&str; 10] = [
    "commit",
    "externalKey",
    "isNew",
    "length",
    "manuallyCommit",
    "maxAge",
    "populated",
    "regenerate",
    "save",
    "toJSON",
];

impl CookieFormat {
    /// Whether a session of the framework that has these cookies can keep no key of this name.
    pub(super) fn drops(self, name: &str) -> bool {
        match self {
            Self::Express => OF_EVERY_OBJECT.contains(&name) || OF_EXPRESS.contains(&name),
            Self::Koa => name.starts_with('_') || OF_KOA.contains(&name),
            Self::ReactRouter => name == "__proto__",
        }
    }
}

const EXPRESS: System = System {
    name: "",
    hash_key: "id",
    sort_key: None,
    prefix: "",
    ttl_key: Some("expires"),
    unit: Unit::Seconds,
    without_expiry: Ended::Never,
    data: Data::In("sess"),
    is_text: false,
    kind: None,
    written_at: None,
    framework_keys: &["cookie"],
    inner_expiry: None,
    stores_empty_text_as_null: false,
    cookie: CookieFormat::Express,
    cookie_name: "connect.sid",
};

pub(super) const CONNECT_DYNAMODB: System = System {
    name: "connect-dynamodb",
    prefix: "sess:",
    is_text: true,
    kind: Some(("type", "connect-session")),
    ..EXPRESS
};

pub(super) const CONNECT_DYNAMODB_SESSION: System = System {
    name: "connect-dynamodb-session",
    unit: Unit::Milliseconds,
    without_expiry: Ended::IfAbsentOrNoNumber,
    data: Data::In("content"),
    is_text: true,
    written_at: Some(("lastModified", Instant::Milliseconds)),
    framework_keys: &["cookie", "lastModified"],
    ..EXPRESS
};

pub(super) const DYNAMODB_SESSION_STORE: System = System {
    name: "dynamodb-session-store",
    ttl_key: Some("Expires"),
    data: Data::TextInOrTopLevel("Session"),
    is_text: true,
    ..EXPRESS
};

pub(super) const DYNAMODB_STORE: System = System {
    name: "dynamodb-store",
    hash_key: "sessionId",
    prefix: "sess:",
    without_expiry: Ended::IfAbsent,
    written_at: Some(("updated", Instant::Milliseconds)),
    framework_keys: &["cookie", "updated"],
    ..EXPRESS
};

pub(super) const CYCLIC: System = System {
    name: "@cyclic.sh/session-store",
    hash_key: "pk",
    sort_key: Some("sk"),
    prefix: "session-store#",
    stores_empty_text_as_null: true,
    ..DYNAMODB_STORE
};

pub(super) const PWRDRVR: System = System {
    name: "@pwrdrvr/dynamodb-session-store",
    prefix: "session#",
    written_at: Some(("lastModified", Instant::Iso)),
    framework_keys: &["cookie", "lastModified"],
    ..EXPRESS
};

pub(super) const KOA: System = System {
    name: "koa-session-dynamodb-store",
    hash_key: "sessionId",
    data: Data::In("session"),
    framework_keys: &["_expire", "_maxAge", "_session"],
    inner_expiry: Some("_expire"),
    cookie: CookieFormat::Koa,
    cookie_name: "koa.sess",
    ..EXPRESS
};

pub(super) const REACT_ROUTER: System = System {
    name: "react-router",
    ttl_key: None,
    data: Data::TopLevel,
    framework_keys: &[],
    cookie: CookieFormat::ReactRouter,
    cookie_name: "__session",
    ..EXPRESS
};
