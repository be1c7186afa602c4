//! One endpoint, and how it becomes a part of the description.

use super::parameter;
use crate::{Problem, problem, schema};
use utoipa::{
    ToSchema,
    openapi::{
        ContentBuilder, Ref, RefOr, Response, ResponseBuilder, Schema,
        path::{HttpMethod, OperationBuilder, ParameterIn, PathItem},
        request_body::{RequestBody, RequestBodyBuilder},
    },
};

/// What is sent or answered.
pub(super) struct Body {
    content: Option<(&'static str, Option<RefOr<Schema>>)>,
    description: String,
}

impl Body {
    /// Of a content type, with the schema of `T`.
    pub(super) fn of<T: ToSchema>(content: &'static str, description: &str) -> Self {
        let schema = RefOr::Ref(Ref::from_schema_name(T::name()));
        Self { content: Some((content, Some(schema))), description: description.to_owned() }
    }

    /// Of a content type, with nothing known of its shape.
    pub(super) fn plain(content: &'static str, description: &str) -> Self {
        Self { content: Some((content, None)), description: description.to_owned() }
    }

    /// Nothing but headers.
    pub(super) fn none(description: &str) -> Self {
        Self { content: None, description: description.to_owned() }
    }

    fn response(self) -> Response {
        let response = ResponseBuilder::new().description(self.description);
        match self.content {
            Some((kind, schema)) => response.content(kind, ContentBuilder::new().schema(schema).build()).build(),
            None => response.build(),
        }
    }
}

/// JSON with the schema of `T`, or with the schema `T` that stands for a type that is defined elsewhere.
pub(super) fn json<T: ToSchema>() -> Body {
    Body::of::<T>("application/json", &T::name())
}

/// Bytes.
pub(super) fn bytes() -> Body {
    Body::plain("application/octet-stream", "bytes")
}

/// Text.
pub(super) fn text() -> Body {
    Body::plain("text/plain", "text")
}

/// One endpoint.
pub(super) struct Endpoint {
    pub(super) path: &'static str,
    method: HttpMethod,
    operation: OperationBuilder,
}

impl Endpoint {
    pub(super) fn new(method: HttpMethod, path: &'static str, id: &str, summary: &str) -> Self {
        let operation = OperationBuilder::new().operation_id(Some(id)).summary(Some(summary));
        Self { path, method, operation }.errors(&[400, 429, 431, 500, 503, 504])
    }

    /// Takes a parameter out of the path.
    pub(super) fn with(self, name: &str) -> Self {
        self.parameter(name, ParameterIn::Path, true, None)
    }

    /// Takes a parameter out of the query.
    pub(super) fn optional(self, name: &str, description: &str) -> Self {
        self.parameter(name, ParameterIn::Query, false, Some(description))
    }

    /// With a parameter in the query that must be there.
    pub(super) fn needs(self, name: &str, description: &str) -> Self {
        self.parameter(name, ParameterIn::Query, true, Some(description))
    }

    fn parameter(mut self, name: &str, place: ParameterIn, required: bool, description: Option<&str>) -> Self {
        self.operation = self.operation.parameter(parameter::parameter(self.path, name, place, required, description));
        self
    }

    /// Takes a body in one of these forms, or none.
    pub(super) fn may_take(mut self, bodies: Vec<Body>) -> Self {
        self.operation = self.operation.request_body(Some(request(bodies, false)));
        self
    }

    /// Takes a body in one of these forms.
    pub(super) fn takes(mut self, bodies: Vec<Body>) -> Self {
        self.operation = self.operation.request_body(Some(request(bodies, true)));
        self
    }

    /// Answers with 200.
    pub(super) fn ok(self, body: Body) -> Self {
        self.answers(200, body)
    }

    /// Answers with a status.
    pub(super) fn answers(mut self, status: u16, body: Body) -> Self {
        self.operation = self.operation.response(status.to_string(), body.response());
        self
    }

    /// May answer with problems of these statuses.
    pub(super) fn errors(self, statuses: &[u16]) -> Self {
        let one = |endpoint: Self, status: &u16| {
            endpoint.answers(*status, Body::of::<Problem>(problem::CONTENT_TYPE, "a problem"))
        };
        statuses.iter().fold(self, one)
    }

    /// As a part of the description.
    pub(super) fn item(self) -> PathItem {
        PathItem::new(self.method, self.operation)
    }
}

fn request(bodies: Vec<Body>, required: bool) -> RequestBody {
    let with = |request: RequestBodyBuilder, body: Body| match body.content {
        Some((kind, schema)) => request.content(kind, ContentBuilder::new().schema(schema).build()),
        None => request,
    };
    bodies.into_iter().fold(RequestBodyBuilder::new().required(Some(schema::required(required))), with).build()
}
