const _: () = {
    use ::dynamo_session::private as __private;
    #[automatically_derived]
    #[allow(deprecated)]
    impl<T> __private::DynamoSession for Shop<T>
    where
        T: Clone,
        T: 'static,
        Vec<
            T,
        >: __private::Send + __private::Field + __private::List + __private::Initial,
    {
        type Key = SessionId;
        const SCHEMA: &'static __private::Schema = &__private::Schema::new(
                "id",
                "ttl",
                __private::Timeouts::from_secs(
                        1800u64,
                        __private::Some(7776000u64),
                        60u64,
                    )
                    .with_remember(2592000u64),
                &[
                    __private::Attribute::new("authenticatedAt", __private::Role::Value),
                    __private::Attribute::new("user", __private::Role::Value)
                        .with_guard()
                        .with_index(
                            "by_user",
                            <Option<String> as __private::IndexKey>::KEY_TYPE,
                        ),
                    __private::Attribute::new(
                        "remember",
                        <bool as __private::Remember>::ROLE,
                    ),
                    __private::Attribute::new("cart", __private::Role::Value),
                    __private::Attribute::new("credits", __private::Role::Counter)
                        .with_range(<u8 as __private::Counter>::RANGE),
                    __private::Attribute::new("hits", __private::Role::Counter)
                        .with_range(
                            <BTreeMap<String, i64> as __private::Counter>::RANGE,
                        ),
                    __private::Attribute::new("seen", <Vec<T> as __private::List>::ROLE)
                        .with_aliases(&["history"]),
                    __private::Attribute::new(
                        "roles",
                        <BTreeSet<String> as __private::Set>::ROLE,
                    ),
                    __private::Attribute::new("layout", __private::Role::Whole),
                    __private::Attribute::new("preferences", __private::Role::Merge)
                        .with_lenient(),
                    __private::Attribute::new("price", __private::Role::Value),
                    __private::Attribute::new("avatar", __private::Role::Value)
                        .with_binary(),
                    __private::Attribute::new("token", __private::Role::Whole)
                        .with_guard()
                        .with_secret(<SessionId as __private::KeepsSecrets>::ENCRYPTED),
                    __private::Attribute::new("formerlySecret", __private::Role::Whole)
                        .with_binary()
                        .with_secret(<SessionId as __private::KeepsSecrets>::READABLE),
                ],
            )
            .with_table("shop-sessions")
            .with_default_key_prefix(Self::__IS_PREFIXED, "Shop#")
            .with_created("createdAt")
            .with_authenticated(0usize)
            .with_remember(2usize);
        fn __new(__header: __private::Header<Self::Key>) -> Self {
            Self {
                id: __header.key,
                expires_at: <Expires as __private::EpochSeconds>::from_epoch_seconds(
                    __header.expires,
                ),
                created_at: <CreatedAt as __private::EpochSeconds>::from_epoch_seconds(
                    __header.created,
                ),
                authenticated_at: <Option<
                    AuthenticatedAt,
                > as __private::Authentication>::initial(),
                user: <Option<String> as __private::Initial>::initial(),
                remember: <bool as __private::Initial>::initial(),
                cart: <BTreeMap<String, u32> as __private::Initial>::initial(),
                credits: 10,
                hits: <BTreeMap<String, i64> as __private::Initial>::initial(),
                seen: <Vec<T> as __private::Initial>::initial(),
                roles: <BTreeSet<String> as __private::Initial>::initial(),
                layout: <BTreeMap<String, u32> as __private::Initial>::initial(),
                preferences: <Preferences as __private::Initial>::initial(),
                price: <Price as __private::Initial>::initial(),
                avatar: <Vec<u8> as __private::Bytes>::initial(),
                token: <Option<String> as __private::Initial>::initial(),
                formerly_secret: <Vec<u8> as __private::Bytes>::initial(),
                scratch: <Vec<String> as __private::Initial>::initial(),
            }
        }
        fn __key(&self) -> &Self::Key {
            &self.id
        }
        fn __set_key(&mut self, __key: Self::Key) {
            self.id = __key;
        }
        fn __expires(&self) -> __private::i64 {
            <Expires as __private::EpochSeconds>::epoch_seconds(&self.expires_at)
        }
        fn __set_expires(&mut self, __expires: __private::i64) {
            self.expires_at = <Expires as __private::EpochSeconds>::from_epoch_seconds(
                __expires,
            );
        }
        fn __created(&self) -> __private::Option<__private::i64> {
            __private::Some(
                <CreatedAt as __private::EpochSeconds>::epoch_seconds(&self.created_at),
            )
        }
        fn __set_created(&mut self, __created: __private::i64) {
            self.created_at = <CreatedAt as __private::EpochSeconds>::from_epoch_seconds(
                __created,
            );
        }
        fn __authenticated(&self) -> __private::Option<__private::i64> {
            <Option<
                AuthenticatedAt,
            > as __private::Authentication>::epoch_seconds(&self.authenticated_at)
        }
        fn __encode(&self, __encoder: &mut __private::Encoder) -> __private::Result<()> {
            <Option<
                AuthenticatedAt,
            > as __private::Authentication>::encode(
                &self.authenticated_at,
                __encoder,
                0usize,
            )?;
            <Option<String> as __private::Field>::encode(&self.user, __encoder, 1usize)?;
            <bool as __private::Field>::encode(&self.remember, __encoder, 2usize)?;
            <BTreeMap<
                String,
                u32,
            > as __private::Field>::encode(&self.cart, __encoder, 3usize)?;
            <u8 as __private::Field>::encode(&self.credits, __encoder, 4usize)?;
            <BTreeMap<
                String,
                i64,
            > as __private::Field>::encode(&self.hits, __encoder, 5usize)?;
            <Vec<T> as __private::Field>::encode(&self.seen, __encoder, 6usize)?;
            <BTreeSet<
                String,
            > as __private::Field>::encode(&self.roles, __encoder, 7usize)?;
            <BTreeMap<
                String,
                u32,
            > as __private::Field>::encode(&self.layout, __encoder, 8usize)?;
            <Preferences as __private::Field>::encode(
                &self.preferences,
                __encoder,
                9usize,
            )?;
            __encoder
                .with(
                    10usize,
                    |__serializer| as_text::serialize(&self.price, __serializer),
                )?;
            <Vec<u8> as __private::Bytes>::encode(&self.avatar, __encoder, 11usize)?;
            <Option<
                String,
            > as __private::Field>::encode(&self.token, __encoder, 12usize)?;
            <Vec<
                u8,
            > as __private::Bytes>::encode(&self.formerly_secret, __encoder, 13usize)?;
            __private::Ok(())
        }
        fn __decode_field(
            &mut self,
            __index: __private::usize,
            __decoder: &mut __private::Decoder<'_>,
        ) -> __private::Result<()> {
            match __index {
                0usize => {
                    self.authenticated_at = <Option<
                        AuthenticatedAt,
                    > as __private::Authentication>::decode(__decoder, 0usize)?;
                }
                1usize => {
                    self.user = <Option<
                        String,
                    > as __private::Field>::decode(
                        __decoder,
                        1usize,
                        || <Option<String> as __private::Initial>::initial(),
                    )?;
                }
                2usize => {
                    self.remember = <bool as __private::Field>::decode(
                        __decoder,
                        2usize,
                        || <bool as __private::Initial>::initial(),
                    )?;
                }
                3usize => {
                    self.cart = <BTreeMap<
                        String,
                        u32,
                    > as __private::Field>::decode(
                        __decoder,
                        3usize,
                        || <BTreeMap<String, u32> as __private::Initial>::initial(),
                    )?;
                }
                4usize => {
                    self.credits = <u8 as __private::Field>::decode(
                        __decoder,
                        4usize,
                        || 10,
                    )?;
                }
                5usize => {
                    self.hits = <BTreeMap<
                        String,
                        i64,
                    > as __private::Field>::decode(
                        __decoder,
                        5usize,
                        || <BTreeMap<String, i64> as __private::Initial>::initial(),
                    )?;
                }
                6usize => {
                    self.seen = <Vec<
                        T,
                    > as __private::Field>::decode(
                        __decoder,
                        6usize,
                        || <Vec<T> as __private::Initial>::initial(),
                    )?;
                }
                7usize => {
                    self.roles = <BTreeSet<
                        String,
                    > as __private::Field>::decode(
                        __decoder,
                        7usize,
                        || <BTreeSet<String> as __private::Initial>::initial(),
                    )?;
                }
                8usize => {
                    self.layout = <BTreeMap<
                        String,
                        u32,
                    > as __private::Field>::decode(
                        __decoder,
                        8usize,
                        || <BTreeMap<String, u32> as __private::Initial>::initial(),
                    )?;
                }
                9usize => {
                    self.preferences = <Preferences as __private::Field>::decode(
                        __decoder,
                        9usize,
                        || <Preferences as __private::Initial>::initial(),
                    )?;
                }
                10usize => {
                    self.price = __decoder
                        .with(
                            10usize,
                            || <Price as __private::Initial>::initial(),
                            |__deserializer| as_text::deserialize(__deserializer),
                        )?;
                }
                11usize => {
                    self.avatar = <Vec<
                        u8,
                    > as __private::Bytes>::decode(
                        __decoder,
                        11usize,
                        || <Vec<u8> as __private::Bytes>::initial(),
                    )?;
                }
                12usize => {
                    self.token = <Option<
                        String,
                    > as __private::Field>::decode(
                        __decoder,
                        12usize,
                        || <Option<String> as __private::Initial>::initial(),
                    )?;
                }
                13usize => {
                    self.formerly_secret = <Vec<
                        u8,
                    > as __private::Bytes>::decode(
                        __decoder,
                        13usize,
                        || <Vec<u8> as __private::Bytes>::initial(),
                    )?;
                }
                _ => {}
            }
            __private::Ok(())
        }
    }
    #[automatically_derived]
    #[allow(deprecated)]
    impl<T> __private::Authenticated for Shop<T>
    where
        T: Clone,
        T: 'static,
        Vec<
            T,
        >: __private::Send + __private::Field + __private::List + __private::Initial,
    {
        fn __authenticate(&mut self, __at: __private::i64) {
            self.authenticated_at = <Option<
                AuthenticatedAt,
            > as __private::Authentication>::at(__at);
        }
    }
    #[automatically_derived]
    #[allow(dead_code, deprecated, non_upper_case_globals, private_interfaces)]
    impl<T> Shop<T>
    where
        T: Clone,
        T: 'static,
        Vec<
            T,
        >: __private::Send + __private::Field + __private::List + __private::Initial,
    {
        ///The field `authenticated_at`, to be read from listed sessions.
        pub const AUTHENTICATED_AT: __private::SessionField<
            Self,
            Option<AuthenticatedAt>,
        > = __private::SessionField::new(
            0usize,
            |__decoder| <Option<
                AuthenticatedAt,
            > as __private::Authentication>::decode(__decoder, 0usize),
        );
        ///The index on `user`: the sessions with one value of it are listed and ended through `SessionStore::by`.
        pub const USER: __private::SessionIndex<Self, String> = __private::SessionIndex::new(
            1usize,
            |__decoder| {
                let __value: Option<String> = <Option<
                    String,
                > as __private::Field>::decode(
                    __decoder,
                    1usize,
                    || <Option<String> as __private::Initial>::initial(),
                )?;
                __private::Ok(__private::From::from(__value))
            },
        );
        ///The field `remember`, to be read from listed sessions.
        pub const REMEMBER: __private::SessionField<Self, bool> = __private::SessionField::new(
            2usize,
            |__decoder| <bool as __private::Field>::decode(
                __decoder,
                2usize,
                || <bool as __private::Initial>::initial(),
            ),
        );
        ///The field `cart`, to be read from listed sessions.
        pub const CART: __private::SessionField<Self, BTreeMap<String, u32>> = __private::SessionField::new(
            3usize,
            |__decoder| <BTreeMap<
                String,
                u32,
            > as __private::Field>::decode(
                __decoder,
                3usize,
                || <BTreeMap<String, u32> as __private::Initial>::initial(),
            ),
        );
        ///The field `credits`, to be read from listed sessions.
        pub const CREDITS: __private::SessionField<Self, u8> = __private::SessionField::new(
            4usize,
            |__decoder| <u8 as __private::Field>::decode(__decoder, 4usize, || 10),
        );
        ///The field `hits`, to be read from listed sessions.
        pub const HITS: __private::SessionField<Self, BTreeMap<String, i64>> = __private::SessionField::new(
            5usize,
            |__decoder| <BTreeMap<
                String,
                i64,
            > as __private::Field>::decode(
                __decoder,
                5usize,
                || <BTreeMap<String, i64> as __private::Initial>::initial(),
            ),
        );
        ///The field `seen`, to be read from listed sessions.
        pub const SEEN: __private::SessionField<Self, Vec<T>> = __private::SessionField::new(
            6usize,
            |__decoder| <Vec<
                T,
            > as __private::Field>::decode(
                __decoder,
                6usize,
                || <Vec<T> as __private::Initial>::initial(),
            ),
        );
        ///The field `roles`, to be read from listed sessions.
        pub const ROLES: __private::SessionField<Self, BTreeSet<String>> = __private::SessionField::new(
            7usize,
            |__decoder| <BTreeSet<
                String,
            > as __private::Field>::decode(
                __decoder,
                7usize,
                || <BTreeSet<String> as __private::Initial>::initial(),
            ),
        );
        ///The field `layout`, to be read from listed sessions.
        pub const LAYOUT: __private::SessionField<Self, BTreeMap<String, u32>> = __private::SessionField::new(
            8usize,
            |__decoder| <BTreeMap<
                String,
                u32,
            > as __private::Field>::decode(
                __decoder,
                8usize,
                || <BTreeMap<String, u32> as __private::Initial>::initial(),
            ),
        );
        ///The field `preferences`, to be read from listed sessions.
        pub const PREFERENCES: __private::SessionField<Self, Preferences> = __private::SessionField::new(
            9usize,
            |__decoder| <Preferences as __private::Field>::decode(
                __decoder,
                9usize,
                || <Preferences as __private::Initial>::initial(),
            ),
        );
        ///The field `price`, to be read from listed sessions.
        pub const PRICE: __private::SessionField<Self, Price> = __private::SessionField::new(
            10usize,
            |__decoder| {
                __decoder
                    .with(
                        10usize,
                        || <Price as __private::Initial>::initial(),
                        |__deserializer| as_text::deserialize(__deserializer),
                    )
            },
        );
        ///The field `avatar`, to be read from listed sessions.
        pub const AVATAR: __private::SessionField<Self, Vec<u8>> = __private::SessionField::new(
            11usize,
            |__decoder| <Vec<
                u8,
            > as __private::Bytes>::decode(
                __decoder,
                11usize,
                || <Vec<u8> as __private::Bytes>::initial(),
            ),
        );
    }
};
