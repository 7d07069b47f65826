use maud::{Markup, PreEscaped};

/// Something that the shop sells.
pub(crate) struct Product {
    /// What the cart keeps.
    pub(crate) sku: &'static str,
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    cents: u32,
    picture: &'static str,
}

pub(crate) const PRODUCTS: [Product; 6] = [
    Product {
        sku: "apple",
        name: "Apples & pears",
        unit: "1 kg",
        cents: 320,
        picture: r##"<circle cx="26" cy="36" r="16" fill="#d9534f"/><path d="M46 18c4 6 12 14 10 22a12 12 0 0 1-24 0c-2-8 8-14 14-22Z" fill="#9bb83c"/><path d="M27 20q2-8 9-9" fill="none" stroke="#6b4a2b" stroke-width="3"/>"##,
    },
    Product {
        sku: "bread",
        name: "Sourdough bread",
        unit: "750 g",
        cents: 480,
        picture: r##"<ellipse cx="32" cy="34" rx="26" ry="16" fill="#c98b4b"/><path d="M18 26l6 12M29 23l6 14M40 24l6 12" stroke="#f3dcb8" stroke-width="3" stroke-linecap="round"/>"##,
    },
    Product {
        sku: "cheese",
        name: "Alpine cheese",
        unit: "250 g",
        cents: 590,
        picture: r##"<path d="M6 36 46 14q12 4 12 22Z" fill="#f5c84c"/><path d="M6 36h52v14H6Z" fill="#e5ae2b"/><circle cx="40" cy="29" r="4" fill="#c9921a"/><circle cx="22" cy="43" r="3" fill="#c9921a"/><circle cx="47" cy="43" r="4" fill="#c9921a"/>"##,
    },
    Product {
        sku: "honey",
        name: "Forest honey",
        unit: "500 g",
        cents: 750,
        picture: r##"<rect x="16" y="18" width="32" height="36" rx="7" fill="#d98a1f"/><rect x="18" y="10" width="28" height="9" rx="3" fill="#7a5b3a"/><rect x="21" y="30" width="22" height="13" rx="2" fill="#fbe8c3"/>"##,
    },
    Product {
        sku: "olives",
        name: "Green olives",
        unit: "200 g",
        cents: 295,
        picture: r##"<ellipse cx="23" cy="38" rx="13" ry="10" fill="#7d9a3c"/><ellipse cx="43" cy="30" rx="13" ry="10" fill="#93b04a"/><circle cx="50" cy="28" r="3" fill="#c0392b"/><circle cx="30" cy="37" r="3" fill="#c0392b"/>"##,
    },
    Product {
        sku: "tea",
        name: "Mountain tea",
        unit: "100 g",
        cents: 410,
        picture: r##"<path d="M12 26h34v12a14 14 0 0 1-14 14h-6a14 14 0 0 1-14-14Z" fill="#4f8a8b"/><path d="M46 29h4a6 6 0 0 1 0 12h-5" fill="none" stroke="#4f8a8b" stroke-width="4"/><path d="M24 20q-4-5 0-10M34 20q-4-5 0-10" fill="none" stroke="#8aa6a7" stroke-width="3" stroke-linecap="round"/>"##,
    },
];

impl Product {
    pub(crate) fn find(sku: &str) -> Option<&'static Self> {
        PRODUCTS.iter().find(|product| product.sku == sku)
    }

    pub(crate) fn price(&self, count: u32) -> String {
        price(u64::from(self.cents) * u64::from(count))
    }

    /// The price of everything in a cart.
    pub(crate) fn total<'a>(cart: impl IntoIterator<Item = (&'a String, &'a u32)>) -> String {
        let cents = cart.into_iter().map(|(sku, count)| {
            let cents = Self::find(sku).map_or(0, |product| product.cents);
            u64::from(cents) * u64::from(*count)
        });
        price(cents.sum())
    }

    pub(crate) fn picture(&self) -> Markup {
        PreEscaped(format!(
            r#"<svg viewBox="0 0 64 64" aria-hidden="true" focusable="false">{}</svg>"#,
            self.picture
        ))
    }
}

fn price(cents: u64) -> String {
    format!("€ {}.{:02}", cents / 100, cents % 100)
}
