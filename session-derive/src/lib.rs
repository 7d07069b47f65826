//! x
use proc_macro::TokenStream;

/// x
#[proc_macro_derive(DynamoSession, attributes(session))]
pub fn derive(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
