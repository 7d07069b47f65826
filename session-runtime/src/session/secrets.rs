use crate::change::Changes;
use crate::error::Error;
use crate::id::SessionKey;
use crate::item::{Fields, StoredSecret, Value, cipher_of, conceal, plaintext};
use crate::schema::Schema;
use crate::secret::{Plaintext, SecretCipher};

/// The secrets of a session, as they are stored.
///
/// Encrypted twice, a secret is stored in two forms. So that only what has changed is written, and under a nonce of its own,
/// the forms in use are kept with what they are of.
#[derive(Debug)]
pub(super) struct Secrets {
    schema: &'static Schema,
    /// `None` if the type has no secrets.
    cipher: Option<Box<SecretCipher>>,
    /// What the table holds, as far as is known.
    stored: Vec<StoredSecret>,
    forms: Vec<Form>,
}

struct Form {
    /// The place in the schema.
    index: usize,
    /// `None` where it is the default.
    plaintext: Option<Plaintext>,
    /// `None` is absence from the item.
    stored: Option<Value>,
}

impl Secrets {
    /// Those of a session that is not stored.
    pub(super) fn new<K: SessionKey>(schema: &'static Schema, key: &K) -> Self {
        let cipher = cipher_of(schema, key).map(Box::new);
        Self { schema, cipher, stored: Vec::new(), forms: Vec::new() }
    }

    /// Those that were read.
    pub(super) fn stored(self, stored: Vec<StoredSecret>) -> Self {
        Self { stored, ..self }
    }

    /// Those of a renewed session, whose fields are stored as these.
    pub(super) fn renewed<K: SessionKey>(
        schema: &'static Schema,
        key: &K,
        fields: &Fields,
    ) -> Self {
        let stored = schema.secrets().filter_map(|(index, _)| {
            let value = fields[index].clone()?;
            Some(StoredSecret { index, value, is_outdated: false })
        });
        Self::new(schema, key).stored(stored.collect())
    }

    /// Encrypts what another store keeps plainly.
    #[cfg(feature = "interop")]
    pub(super) fn adopt(&mut self, fields: &mut Fields) -> Result<(), Error> {
        let read = std::mem::take(&mut self.stored);
        for (index, attribute) in self.schema.secrets() {
            // What could not be read, and counts as the default, is kept all the same.
            let kept = read.iter().find(|secret| secret.index == index && attribute.is_lenient());
            let value = fields[index].take().or_else(|| Some(kept?.value.clone()));
            let Some(bytes) = self.plaintext(value)? else { continue };
            let value = conceal(self.required()?, attribute, &bytes)?;
            fields[index] = Some(value.clone());
            self.stored.push(StoredSecret { index, value, is_outdated: false });
        }
        Ok(())
    }

    pub(super) fn cipher(&self) -> Option<&SecretCipher> {
        self.cipher.as_deref()
    }

    /// Puts secrets that are what the table holds into the form in which it holds them.
    pub(super) fn keep_as_stored(
        &mut self,
        fields: &mut Fields,
        is_asked_for: impl Fn(usize) -> bool,
    ) -> Result<(), Error> {
        for (index, _) in self.schema.secrets().filter(|(index, _)| is_asked_for(*index)) {
            let plaintext = self.plaintext(fields[index].take())?;
            let stored = self.stored.iter().find(|secret| secret.index == index);
            let stored = stored.map(|secret| secret.value.clone());
            fields[index].clone_from(&stored);
            self.forms.retain(|form| form.index != index || form.stored != stored);
            self.forms.push(Form { index, plaintext, stored });
        }
        Ok(())
    }

    /// Puts secrets into a form in which they can be stored: into that which they have among other fields, or had when
    /// they were stored last, if they are the same.
    pub(super) fn encrypt_changed(
        &mut self,
        fields: &mut Fields,
        other: &Fields,
        is_asked_for: impl Fn(usize) -> bool,
    ) -> Result<(), Error> {
        for (index, attribute) in self.schema.secrets().filter(|(index, _)| is_asked_for(*index)) {
            let plaintext = self.plaintext(fields[index].take())?;
            let same = |form: &&Form| form.index == index && form.plaintext == plaintext;
            let is_other = |form: &&Form| other[index] == form.stored;
            let known = self.forms.iter().filter(same).find(is_other);
            let in_form = |form: &&Form| same(form) && !self.is_outdated(form);
            let known = known.or_else(|| self.forms.iter().rev().find(in_form));
            fields[index] = match (known, &plaintext) {
                (Some(form), _) => form.stored.clone(),
                (None, None) => None,
                (None, Some(bytes)) => {
                    let stored = Some(conceal(self.required()?, attribute, bytes)?);
                    self.forms.push(Form { index, plaintext, stored: stored.clone() });
                    stored
                }
            };
        }
        Ok(())
    }

    fn is_outdated(&self, form: &Form) -> bool {
        let mut outdated = self.stored.iter().filter(|secret| secret.is_outdated);
        outdated
            .any(|secret| form.index == secret.index && form.stored.as_ref() == Some(&secret.value))
    }

    /// Has changes carry the secrets, too, that do not change but are not stored as they should be.
    pub(super) fn restate(&mut self, changes: &mut Changes) -> Result<(), Error> {
        let outdated = self.stored.iter().filter(|secret| secret.is_outdated);
        let outdated = outdated.filter(|secret| changes.of(secret.index).is_empty());
        let mut forms = Vec::new();
        for StoredSecret { index, value, .. } in outdated {
            let of = |form: &&Form| form.index == *index && form.stored.as_ref() == Some(value);
            // What could not be decrypted counts as the default, and stays.
            let Some(plaintext) =
                self.forms.iter().find(of).and_then(|form| form.plaintext.clone())
            else {
                continue;
            };
            let attribute = &self.schema.attributes()[*index];
            let restated = conceal(self.required()?, attribute, &plaintext)?;
            forms.push((value.clone(), *index, plaintext, restated));
        }
        for (value, index, plaintext, restated) in forms {
            changes.restate(index, value, restated.clone());
            self.forms.push(Form { index, plaintext: Some(plaintext), stored: Some(restated) });
        }
        Ok(())
    }

    /// The secrets that a commit stores in another form.
    pub(super) fn outdated(&self) -> impl Iterator<Item = usize> {
        self.stored.iter().filter(|secret| secret.is_outdated).map(|secret| secret.index)
    }

    /// Takes note of what a commit has written: of these fields, those that it has changed.
    pub(super) fn settle(&mut self, written: &Fields, changed: &[usize]) {
        for (index, _) in self.schema.secrets().filter(|(index, _)| changed.contains(index)) {
            let known = self.stored.iter().position(|secret| secret.index == index);
            let is_known =
                |position: usize| Some(&self.stored[position].value) == written[index].as_ref();
            if !known.is_some_and(is_known) {
                self.stored.retain(|secret| secret.index != index);
                self.stored.extend(written[index].clone().map(|value| StoredSecret {
                    index,
                    value,
                    is_outdated: false,
                }));
            }
            self.forms.retain(|form| form.index != index || form.stored == written[index]);
        }
    }

    /// Encrypts changed secrets anew that were to be stored under an earlier key.
    pub(super) fn take_over(&self, earlier: &Self, changes: &mut Changes) -> Result<(), Error> {
        for (index, attribute) in self.schema.secrets() {
            let Some(value) = changes.after[index].as_ref() else { continue };
            let of = |form: &&Form| form.index == index && form.stored.as_ref() == Some(value);
            let plaintext = earlier.forms.iter().find(of).and_then(|form| form.plaintext.as_ref());
            if let (Some(plaintext), false) = (plaintext, changes.of(index).is_empty()) {
                changes.after[index] = Some(conceal(self.required()?, attribute, plaintext)?);
            }
        }
        Ok(())
    }

    /// A field's value in the form in which it is read: encrypted, if it is a secret.
    pub(super) fn in_form(&self, index: usize, value: Value) -> Value {
        let attribute = &self.schema.attributes()[index];
        if !attribute.is_secret() {
            return value;
        }
        let encrypted = plaintext(value.clone())
            .and_then(|plaintext| conceal(self.cipher()?, attribute, &plaintext).ok());
        encrypted.unwrap_or(value)
    }

    fn plaintext(&self, value: Option<Value>) -> Result<Option<Plaintext>, Error> {
        let Some(value) = value else { return Ok(None) };
        match plaintext(value) {
            Some(plaintext) => Ok(Some(plaintext)),
            None => Err(Error::internal("a secret is of a type that DynamoDB does not have")),
        }
    }

    fn required(&self) -> Result<&SecretCipher, Error> {
        self.cipher().ok_or_else(|| Error::internal("a session with secrets has no key for them"))
    }
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Form").field("index", &self.index).finish_non_exhaustive()
    }
}
