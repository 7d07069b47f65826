use std::fmt;
use std::ops::Range;

/// What a request says before its body, in whichever framework: for [`SessionLayer::activity`](crate::SessionLayer::activity)
/// and for an [`ErrorResponse`](crate::ErrorResponse).
///
/// Cookies are not in it.
#[derive(Clone)]
pub struct RequestHead {
    /// All that follows are parts of it.
    text: String,
    method: Range<usize>,
    path: Range<usize>,
    query: Option<Range<usize>>,
    authority: Option<Range<usize>>,
    headers: Vec<(Range<usize>, Range<usize>)>,
}

/// The address of a request, in parts.
pub(super) struct Address<'a> {
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    pub(super) authority: Option<&'a str>,
}

impl RequestHead {
    pub(super) fn new<'a>(
        method: &str,
        address: Address<'_>,
        headers: impl Iterator<Item = (&'a str, &'a [u8])>,
    ) -> Self {
        let mut text = String::with_capacity(1024);
        let mut keep = |part: &str| {
            let start = text.len();
            text.push_str(part);
            start..text.len()
        };
        let method = keep(method);
        let path = keep(address.path);
        let query = address.query.map(&mut keep);
        let authority = address.authority.map(&mut keep);
        let headers = headers.filter(|(name, _)| *name != "cookie");
        let headers =
            headers.map(|(name, value)| (keep(name), keep(&String::from_utf8_lossy(value))));
        let headers = headers.collect();
        Self { text, method, path, query, authority, headers }
    }

    /// The method, such as `GET`.
    pub fn method(&self) -> &str {
        self.part(&self.method)
    }

    /// The path, such as `/cart`.
    pub fn path(&self) -> &str {
        self.part(&self.path)
    }

    /// What stands behind the `?`.
    pub fn query(&self) -> Option<&str> {
        self.query.as_ref().map(|query| self.part(query))
    }

    /// The first header with this name.
    ///
    /// # Examples
    ///
    /// ```
    /// use dynamo_session::RequestHead;
    ///
    /// fn is_a_visit(request: &RequestHead) -> bool {
    ///     request.header("x-requested-with") != Some("poll")
    /// }
    /// ```
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).next()
    }

    /// Whether the client asks for HTML, as browsers do when they open a page.
    pub fn accepts_html(&self) -> bool {
        self.header("accept").is_some_and(|accept| {
            accept.split(',').any(|range| {
                let mut parts = range.split(';').map(str::trim);
                let is_html =
                    parts.next().is_some_and(|range| range.eq_ignore_ascii_case("text/html"));
                is_html
                    && !parts.any(|parameter| {
                        matches!(parameter, "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
                    })
            })
        })
    }

    pub(super) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = self.headers.iter();
        let named = named.filter(move |(other, _)| self.part(other).eq_ignore_ascii_case(name));
        named.map(|(_, value)| self.part(value))
    }

    /// Whether the method is one that changes nothing: GET, HEAD, OPTIONS or TRACE.
    pub(super) fn is_safe(&self) -> bool {
        matches!(self.method(), "GET" | "HEAD" | "OPTIONS" | "TRACE")
    }

    /// Path and query of the page of this host that the request came from, or `/`.
    pub(super) fn way_back(&self) -> &str {
        let way_back = || {
            let referer = self.header("referer")?;
            let host = self.header("host");
            let host = host.or_else(|| self.authority.as_ref().map(|host| self.part(host)))?;
            let (_, address) = referer.split_once("://")?;
            let path = address.strip_prefix(host)?;
            // Two slashes would lead to another host, and browsers take a backslash for one.
            let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
            let is_here = path.starts_with('/') && !path.starts_with("//");
            (is_here && path.bytes().all(is_plain)).then_some(path)
        };
        way_back().unwrap_or("/")
    }

    fn part(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }
}

/// Without headers and query: they may hold what is secret.
impl fmt::Debug for RequestHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", &self.method())
            .field("path", &self.path())
            .finish_non_exhaustive()
    }
}
