use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac};
use sha2::{Digest, Sha256};

use super::foreign_store::ForeignStore;

const SESSION: &str = "dynamo-session: the id of an adopted session";
const MARKER: &str = "dynamo-session: the marker of an adoption";

impl ForeignStore {
    /// The ids that an adopted session may have, one for each secret: it gets the first, and may have got another before
    /// the secrets were rotated.
    ///
    /// Each is a secret of its own, since whoever can read the rows, or a backup of them, does not know the key. Without
    /// secrets, the old id itself opens the session, so its hash tells nothing more.
    pub(crate) fn derived_ids(&self, sid: &str) -> Vec<String> {
        let text = self.described(SESSION, sid);
        if self.secrets.is_empty() {
            return vec![URL_SAFE_NO_PAD.encode(Sha256::digest(text))];
        }
        let mac = |secret: &Vec<u8>| {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
            mac.update(&text);
            Some(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
        };
        self.secrets.iter().filter_map(mac).collect()
    }

    /// The id under whose key it stands that the session was adopted. It opens nothing, and is the same whatever the
    /// secrets are.
    pub(crate) fn marker_id(&self, sid: &str) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.described(MARKER, sid)))
    }

    /// Unambiguous, since each part is preceded by its length.
    pub(super) fn described(&self, what: &str, sid: &str) -> Vec<u8> {
        let parts = [what, self.system.name, &self.table, &self.prefix, sid];
        let part = |part: &str| [&(part.len() as u64).to_be_bytes(), part.as_bytes()].concat();
        parts.map(part).concat()
    }
}
