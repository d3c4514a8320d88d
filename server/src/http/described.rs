//! Routes that say of themselves what the API's document says of them.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::MethodRouter;
use utoipa_axum::router::OpenApiRouter;

use crate::App;

/// Adds the description of a route to the document.
type Describe = fn(OpenApiRouter<App>) -> OpenApiRouter<App>;

/// One path with its handlers; made by `routes!`.
pub struct Described {
    path: String,
    handlers: MethodRouter<App>,
    describe: Describe,
}

impl Described {
    /// The handlers of a path, and how they are described.
    pub fn new(path: String, handlers: MethodRouter<App>, describe: Describe) -> Self {
        Self { path, handlers, describe }
    }

    /// The same with another limit on the body.
    pub fn layer(self, limit: DefaultBodyLimit) -> Self {
        Self { handlers: self.handlers.layer(limit), ..self }
    }
}

/// The routes of a room. The document is put together only where it is asked for: the types of a whole API, written out, take
/// a running instance longer to make, and more memory, than all else that it does at its start.
#[derive(Default)]
pub struct Routes {
    router: Router<App>,
    describe: Vec<Describe>,
}

impl Routes {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more path.
    pub fn routes(mut self, one: Described) -> Self {
        self.describe.push(one.describe);
        Self { router: self.router.route(&one.path, one.handlers), describe: self.describe }
    }

    /// With those of another room.
    pub fn merge(mut self, other: Self) -> Self {
        self.describe.extend(other.describe);
        Self { router: self.router.merge(other.router), describe: self.describe }
    }

    /// What answers.
    pub fn into_router(self) -> Router<App> {
        self.router
    }

    /// What is said of them.
    pub fn describe(self) -> OpenApiRouter<App> {
        self.describe.into_iter().fold(OpenApiRouter::new(), |document, describe| describe(document))
    }
}

/// A path with the handlers that carry `#[utoipa::path]` for it.
macro_rules! routes {
    ($first:ident $(, $more:ident)* $(,)?) => {
        utoipa_axum::paste! {{
            use utoipa::Path as _;
            use utoipa_axum::PathItemExt as _;
            let on = axum::routing::MethodRouter::<$crate::App>::new();
            let on = [<__path_ $first>]::methods().iter().fold(on, |on, one| on.on(one.to_method_filter(), $first));
            $(let on = [<__path_ $more>]::methods().iter().fold(on, |on, one| on.on(one.to_method_filter(), $more));)*
            let describe = |api: utoipa_axum::router::OpenApiRouter<$crate::App>| {
                api.routes(utoipa_axum::routes!($first $(, $more)*))
            };
            $crate::http::Described::new([<__path_ $first>]::path(), on, describe)
        }}
    };
}
pub(crate) use routes;
