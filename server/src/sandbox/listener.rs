//! A listener whose connections a fault can end in the middle of a request.
//!
//! The gate marks the connection with an [`Ending`], and what is read and written on it does
//! the rest:
//!
//! - a reset: the next write fails, the socket is dropped, and because it doesn't linger the
//!   other side gets a TCP reset, not an orderly end;
//! - a cut: the write side is shut early, in order, and reading goes on;
//! - a close between two requests: the next one finds nobody.

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// How a connection ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// As both sides like.
    #[default]
    Orderly,
    /// Nothing more is written, and the other side gets a reset.
    Reset,
    /// The write side is shut within the next answer; reading goes on.
    Cut(Cut),
    /// It is closed as the next request arrives on it.
    BeforeTheNext,
}

/// Where an answer ends too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Before its first byte.
    Start,
    /// After its status line.
    Head,
    /// After so many bytes of its body.
    Body(usize),
}

impl Cut {
    /// How much of an answer that begins with these bytes is written.
    fn keeps(self, bytes: &[u8]) -> usize {
        let after = |mark: &[u8]| {
            let at = bytes.windows(mark.len()).position(|window| window == mark);
            at.map_or(bytes.len(), |at| at + mark.len())
        };
        match self {
            Self::Start => 0,
            Self::Head => after(b"\r\n"),
            Self::Body(more) => after(b"\r\n\r\n") + more,
        }
    }
}

/// Marks a connection with its end.
#[derive(Clone, Debug, Default)]
pub struct ConnectionHandle(Arc<Mutex<Ending>>);

impl ConnectionHandle {
    /// From now on it ends like this.
    pub fn end(&self, ending: Ending) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = ending;
    }

    fn ending(&self) -> Ending {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connected<IncomingStream<'_, ResettableListener>> for ConnectionHandle {
    fn connect_info(stream: IncomingStream<'_, ResettableListener>) -> Self {
        stream.io().handle.clone()
    }
}

/// A TCP listener of resettable connections.
pub struct ResettableListener(pub TcpListener);

impl Listener for ResettableListener {
    type Io = Resettable;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Resettable, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Small answers at once: without it each keep-alive request may wait for an ACK.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "no TCP_NODELAY");
        }
        (Resettable { stream, handle: ConnectionHandle::default(), left: None }, address)
    }

    fn local_addr(&self) -> Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// One connection.
pub struct Resettable {
    stream: TcpStream,
    handle: ConnectionHandle,
    /// How much is still written of an answer that is cut; at 0 the write side is shut.
    left: Option<usize>,
}

impl Resettable {
    fn check(&self) -> Result<()> {
        if self.handle.ending() != Ending::Reset {
            return Ok(());
        }
        self.stream.set_zero_linger()?;
        Err(Error::new(ErrorKind::ConnectionReset, "reset by the sandbox"))
    }

    /// Writes what a cut keeps, and takes the rest for written.
    fn poll_cut(
        &mut self,
        cut: Cut,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        let left = match self.left {
            Some(0) => return Poll::Ready(Ok(bytes.len())),
            Some(left) => left,
            None => cut.keeps(bytes),
        };
        let kept = bytes.get(..left).unwrap_or(bytes);
        let mut written = 0;
        if !kept.is_empty() {
            written = ready!(Pin::new(&mut self.stream).poll_write(context, kept))?;
        }
        self.left = Some(left - written);
        if left > written {
            return Poll::Ready(Ok(written));
        }
        ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        Poll::Ready(Ok(bytes.len()))
    }
}

impl AsyncRead for Resettable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        self.check()?;
        if self.handle.ending() == Ending::BeforeTheNext {
            // It was closed while that request was on its way: dropped unread, it gets a reset.
            let mut first = [0; 1];
            let mut first = ReadBuf::new(&mut first);
            return match ready!(self.stream.poll_peek(context, &mut first))? {
                0 => Poll::Ready(Ok(())),
                _ => Poll::Ready(Err(Error::new(ErrorKind::ConnectionAborted, "closed before"))),
            };
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Resettable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        self.check()?;
        if let Ending::Cut(cut) = self.handle.ending() {
            return self.poll_cut(cut, context, bytes);
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.check()?;
        if self.left == Some(0) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_keeps_what_comes_before_it() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabcd";
        let kept = |cut: Cut| String::from_utf8_lossy(&answer[..cut.keeps(answer)]).into_owned();
        assert_eq!(kept(Cut::Start), "");
        assert_eq!(kept(Cut::Head), "HTTP/1.1 200 OK\r\n");
        assert!(kept(Cut::Body(2)).ends_with("\r\n\r\nab"));
    }
}
