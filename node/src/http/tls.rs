//! TLS: a certificate and its key in PEM files, which are read again when they change.

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::sync::watch;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(10);

/// Why TLS cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("the certificate {cert} with the key {key} cannot be used: {why}")]
pub struct TlsError {
    /// The file of the certificate.
    pub cert: PathBuf,
    /// The file of its key.
    pub key: PathBuf,
    /// What is wrong.
    pub why: String,
}

/// A certificate as it is in its files now.
pub struct Certificate {
    cert: PathBuf,
    key: PathBuf,
    /// Of both files, as they were read last.
    hash: blake3::Hash,
    used: watch::Sender<Arc<ServerConfig>>,
}

impl Certificate {
    /// Reads a certificate with its chain, and its key.
    ///
    /// # Errors
    /// When a file cannot be read, or they do not fit.
    pub fn open(cert: &Path, key: &Path) -> Result<Self, TlsError> {
        // First: what changes while it is read is read again.
        let hash = hash(cert, key).map_err(|why| wrong(cert, key, &why))?;
        let config = config(cert, key)?;
        Ok(Self { cert: cert.to_owned(), key: key.to_owned(), hash, used: watch::Sender::new(config) })
    }

    /// What connections are accepted with.
    #[must_use]
    pub fn used(&self) -> watch::Receiver<Arc<ServerConfig>> {
        self.used.subscribe()
    }

    /// Reads the files again if they have changed, and says whether a new certificate is used.
    ///
    /// # Errors
    /// As [`Certificate::open`]; then the old one stays in use.
    pub fn look(&mut self) -> Result<bool, TlsError> {
        let hash = hash(&self.cert, &self.key).map_err(|why| wrong(&self.cert, &self.key, &why))?;
        if hash == self.hash {
            return Ok(false);
        }
        // What is broken is told once, and not every ten seconds.
        self.hash = hash;
        self.used.send_replace(config(&self.cert, &self.key)?);
        Ok(true)
    }

    /// Looks again and again, for as long as anybody accepts connections.
    pub(crate) async fn keep(mut self) {
        while !self.used.is_closed() {
            tokio::time::sleep(LOOK).await;
            match self.look() {
                Ok(true) => tracing::info!(cert = %self.cert.display(), "a new certificate is used"),
                Ok(false) => {}
                Err(error) => tracing::error!(%error, "the old certificate stays in use"),
            }
        }
    }
}

fn hash(cert: &Path, key: &Path) -> io::Result<blake3::Hash> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(blake3::hash(&fs::read(cert)?).as_bytes()).update(&fs::read(key)?);
    Ok(hasher.finalize())
}

fn config(cert: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let fail = |why: &dyn std::fmt::Display| wrong(cert, key, why);
    let chain = CertificateDer::pem_file_iter(cert).map_err(|why| fail(&why))?;
    let chain: Vec<_> = chain.collect::<Result<_, _>>().map_err(|why| fail(&why))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|why| fail(&why))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|why| fail(&why))?;
    let mut config = builder.with_no_client_auth().with_single_cert(chain, secret).map_err(|why| fail(&why))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn wrong(cert: &Path, key: &Path, why: &dyn std::fmt::Display) -> TlsError {
    TlsError { cert: cert.to_owned(), key: key.to_owned(), why: why.to_string() }
}
