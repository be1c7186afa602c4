//! The bytes of a connection, as they are or through TLS.

use std::{
    future::Future as _,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{Accept, server::TlsStream};

/// A connection's bytes.
pub(super) enum Stream {
    Plain(TcpStream),
    /// The handshake is done by whoever reads first, so that a slow one keeps nobody else waiting.
    Shaking(Box<Accept<TcpStream>>),
    Tls(Box<TlsStream<TcpStream>>),
    /// The handshake has failed.
    Broken,
}

/// What bytes go through once there is no handshake to wait for.
trait Bytes: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Bytes for T {}

impl Stream {
    fn bytes(&mut self, context: &mut Context<'_>) -> Poll<io::Result<&mut dyn Bytes>> {
        if let Self::Shaking(accept) = self {
            *self = match ready!(Pin::new(accept.as_mut()).poll(context)) {
                Ok(stream) => Self::Tls(Box::new(stream)),
                Err(_) => Self::Broken,
            };
        }
        Poll::Ready(match self {
            Self::Plain(stream) => Ok(stream),
            Self::Tls(stream) => Ok(stream.as_mut()),
            Self::Shaking(_) | Self::Broken => Err(io::ErrorKind::ConnectionAborted.into()),
        })
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(ready!(self.get_mut().bytes(context))?).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(ready!(self.get_mut().bytes(context))?).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(ready!(self.get_mut().bytes(context))?).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(ready!(self.get_mut().bytes(context))?).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(ready!(self.get_mut().bytes(context))?).poll_shutdown(context)
    }
}
