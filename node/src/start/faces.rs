//! The addresses at which a node answers: the API, the same through TLS, and the operator's.

use super::bind;
use crate::{
    config,
    error::NodeError,
    http::{self, Certificate, Gateway},
};
use std::sync::Arc;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
};

/// Serves all of them until `asked` says stop.
pub(super) async fn serve(
    listener: TcpListener,
    gateway: Arc<Gateway>,
    limits: &config::Http,
    asked: watch::Receiver<bool>,
) -> Result<JoinHandle<()>, NodeError> {
    let (mut all, most) = (JoinSet::new(), limits.connections_max);
    if let Some(tls) = &limits.tls {
        let certificate = Certificate::open(&tls.cert, &tls.key)?;
        let (listener, gateway, stop) = (bind(tls.listen, "http.tls").await?, gateway.clone(), wanted(asked.clone()));
        let used = certificate.used();
        all.spawn(http::serve(listener, gateway, most, Some(used), stop));
        tokio::spawn(certificate.keep());
        tracing::info!(https = %tls.listen, "the API is served through TLS");
    }
    if let Some(address) = limits.operator.listen {
        let listener = bind(address, "http.operator").await?;
        all.spawn(http::serve_operator(listener, gateway.clone(), most, wanted(asked.clone())));
        tracing::info!(operator = %address, "the operator's endpoints are served");
    }
    all.spawn(http::serve(listener, gateway, most, None, wanted(asked)));
    Ok(tokio::spawn(async move { while all.join_next().await.is_some() {} }))
}

async fn wanted(mut asked: watch::Receiver<bool>) {
    // An error means that nobody can ask any more, which is the same.
    let _ = asked.wait_for(|stop| *stop).await;
}
