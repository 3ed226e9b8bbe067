//! The messages between the two sides of a launch: "go on", "this is the child", "this failed".
//!
//! The channel is close-on-exec. If it closes after the inner side has announced the program, the program is running,
//! unless the process inside was killed. A side that cannot send the reason of its failure shuts down its direction, and
//! does not close the channel: the kernel needs no memory for that. A side that cannot even do that ends.

use std::cell::Cell;
use std::io::IoSlice;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use rustix::event::PollFlags;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, Shutdown, SocketFlags, SocketType};

use super::failure::Failure;
use crate::Error;
use crate::process::Pid;
use crate::sys::errno::from_rustix;
use crate::sys::fd::is_ready;

/// One end of the channel.
#[derive(Debug)]
pub(super) struct Channel {
    socket: OwnedFd,
    /// The other side has ended before it read a message of this side.
    is_unread: Cell<bool>,
}

/// A message.
#[derive(Debug)]
pub(super) enum Message {
    /// The other side may go on.
    Go,
    /// The process inside goes on as this process.
    Child(Pid),
    /// The process inside becomes the program now, or ends without one if the plan has none. A failure may follow.
    Executing,
    /// How the program ended or stopped: the status that `waitpid(2)` gave to the init in between.
    Status(i32),
    /// A step failed, and no more steps are done.
    Failed(Failure),
    /// The other side failed, and could not report the reason.
    Lost,
}

/// The maximum length of a message. Errors are only a few lines.
const LONGEST: usize = 16 * 1024;

impl Channel {
    /// Makes a channel, and returns both ends.
    pub(super) fn pair() -> nix::Result<(Self, Self)> {
        let (one, other) = rustix::net::socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )
        .map_err(from_rustix)?;
        let side = |socket| Self {
            socket,
            is_unread: Cell::new(false),
        };
        Ok((side(one), side(other)))
    }

    /// Sends the message. This succeeds even if the other side has ended: that is noticed and reported elsewhere.
    pub(super) fn send(&self, message: &Message) -> nix::Result<()> {
        self.reaches(message).map(drop)
    }

    /// Sends the message, and returns `false` if the other side has ended.
    pub(super) fn reaches(&self, message: &Message) -> nix::Result<bool> {
        let (tag, body): (u8, Vec<u8>) = match message {
            Message::Go => (b'g', Vec::new()),
            Message::Executing => (b'x', Vec::new()),
            Message::Child(pid) => (b'c', pid.as_raw().to_ne_bytes().into()),
            Message::Status(status) => (b's', status.to_ne_bytes().into()),
            Message::Failed(failure) => (b'f', encode(failure)),
            Message::Lost => return self.shut_down().map(|()| true),
        };
        let body = &body[..body.len().min(LONGEST - 1)];
        let tag = [tag];
        let parts = [IoSlice::new(&tag), IoSlice::new(body)];
        let mut control = rustix::net::SendAncillaryBuffer::default();
        loop {
            match rustix::net::sendmsg(&self.socket, &parts, &mut control, SendFlags::NOSIGNAL) {
                Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(true),
                Err(rustix::io::Errno::PIPE | rustix::io::Errno::CONNRESET) => return Ok(false),
                Err(errno) => return Err(from_rustix(errno)),
            }
        }
    }

    /// Sends the reason why this side ends before the program runs. If that fails, `report` is called with the reason,
    /// and the other side learns only that this side failed. Returns `false` if it does not even learn that: then this side
    /// must end, and the other side notices that the channel is closed.
    pub(super) fn fail(&self, failure: &Failure, report: impl FnOnce(&Error)) -> bool {
        if self.send(&Message::Failed(failure.clone())).is_ok() {
            return true;
        }
        report(&failure.error);
        // Closing the channel here could look like a running program.
        let is_told = self.shut_down().is_ok();
        if is_told {
            self.await_end();
        }
        is_told
    }

    /// Waits until the other side fails too, or closes the channel.
    pub(super) fn await_end(&self) {
        while !matches!(
            self.receive(),
            Ok(None | Some(Message::Failed(_) | Message::Lost)) | Err(_)
        ) {}
    }

    /// Shuts down the direction of this side without closing the channel.
    fn shut_down(&self) -> nix::Result<()> {
        rustix::net::shutdown(&self.socket, Shutdown::Write).map_err(from_rustix)
    }

    /// True if the other side has closed the channel.
    pub(super) fn is_closed(&self) -> nix::Result<bool> {
        is_ready(&self.socket, PollFlags::HUP)
    }

    /// True if the other side is known to have ended before it read a message of this side. The kernel tells it with the
    /// end of the channel.
    pub(super) fn is_unread(&self) -> bool {
        self.is_unread.get()
    }

    /// Waits for a message. Returns `None` after the other side has closed the channel.
    pub(super) fn receive(&self) -> nix::Result<Option<Message>> {
        let mut buffer = [0; LONGEST];
        let length = loop {
            match rustix::net::recv(&self.socket, &mut buffer[..], RecvFlags::empty()) {
                Ok((length, _)) => break length,
                Err(rustix::io::Errno::INTR) => {}
                // The kernel says so once, before it gives what the other side has sent.
                Err(rustix::io::Errno::CONNRESET) => self.is_unread.set(true),
                Err(errno) => return Err(from_rustix(errno)),
            }
        };
        let Some((tag, body)) = buffer[..length].split_first() else {
            return Ok((!self.is_closed()?).then_some(Message::Lost));
        };
        message(*tag, body).map(Some)
    }

    /// A message that has already arrived. Does not wait.
    pub(super) fn take_waiting(&self) -> Option<Message> {
        let mut buffer = [0; LONGEST];
        let length = loop {
            match rustix::net::recv(&self.socket, &mut buffer[..], RecvFlags::DONTWAIT) {
                Ok((length, _)) => break length,
                Err(rustix::io::Errno::INTR) => {}
                Err(rustix::io::Errno::CONNRESET) => self.is_unread.set(true),
                Err(_) => return None,
            }
        };
        let (tag, body) = buffer[..length].split_first()?;
        message(*tag, body).ok()
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Decodes the message with this tag.
fn message(tag: u8, body: &[u8]) -> nix::Result<Message> {
    let number = || {
        body.try_into()
            .map(i32::from_ne_bytes)
            .map_err(|_| Errno::EBADMSG)
    };
    match tag {
        b'g' => Ok(Message::Go),
        b'x' => Ok(Message::Executing),
        b'c' => Ok(Message::Child(Pid::new(number()?).ok_or(Errno::EBADMSG)?)),
        b's' => Ok(Message::Status(number()?)),
        b'f' => Ok(Message::Failed(decode(body))),
        _ => Err(Errno::EBADMSG),
    }
}

/// Encodes the status and four texts with NUL between them: the error, its cause, its note, its help.
fn encode(failure: &Failure) -> Vec<u8> {
    let error = &failure.error;
    let texts = [
        error.to_string(),
        error.cause().unwrap_or("").into(),
        error.note().unwrap_or("").into(),
        error.help().unwrap_or("").into(),
    ];
    [
        vec![failure.status],
        texts.map(|text| text.replace('\0', "")).join("\0").into_bytes(),
    ]
    .concat()
}

fn decode(body: &[u8]) -> Failure {
    let (status, texts) = body
        .split_first()
        .map_or((1, body), |(status, texts)| (*status, texts));
    let mut texts = texts
        .split(|byte| *byte == 0)
        .map(|text| String::from_utf8_lossy(text).into_owned());
    let error = Error::Unfit(texts.next().unwrap_or_default());
    let mut text = || texts.next().filter(|text| !text.is_empty());
    let (cause, note, help) = (text(), text(), text());
    let error = if cause.is_some() || help.is_some() {
        error.explained(cause, help)
    } else {
        error
    };
    let error = match note {
        Some(note) => error.with_note(note),
        None => error,
    };
    Failure {
        status,
        ..error.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_arrives_as_it_was_sent() {
        let (one, other) = Channel::pair().unwrap();
        let error = Error::kernel("create a user namespace", Errno::ENOSPC)
            .explained(None, Some("run without --user".into()))
            .with_note("1 of 2 processes could not be read");
        let sent = one.send(&Message::Failed(Failure {
            status: 126,
            ..error.clone().into()
        }));
        assert_eq!(sent, Ok(()));
        let Some(Message::Failed(failure)) = other.receive().unwrap() else {
            panic!("no failure")
        };
        assert_eq!(failure.error.to_string(), error.to_string());
        assert_eq!(
            (failure.error.cause(), failure.error.note(), failure.error.help()),
            (error.cause(), error.note(), error.help())
        );
        assert_eq!(failure.status, 126);
    }

    #[test]
    fn the_end_of_the_other_side_is_noticed() {
        let (one, other) = Channel::pair().unwrap();
        assert_eq!(one.send(&Message::Child(Pid::own())), Ok(()));
        drop(one);
        assert!(matches!(other.receive(), Ok(Some(Message::Child(pid))) if pid == Pid::own()));
        assert!(matches!(other.receive(), Ok(None)));
        // Sending succeeds although nobody listens.
        assert_eq!(other.send(&Message::Go), Ok(()));
    }

    #[test]
    fn a_failure_arrives_from_a_side_that_has_not_read_everything() {
        let (one, other) = Channel::pair().unwrap();
        assert_eq!(one.send(&Message::Executing), Ok(()));
        let error = Error::kernel("create a user namespace", Errno::ENOSPC);
        assert_eq!(other.send(&Message::Failed(error.into())), Ok(()));
        drop(other);
        assert!(matches!(one.receive(), Ok(Some(Message::Failed(_)))));
        assert!(matches!(one.receive(), Ok(None)));

        let (one, other) = Channel::pair().unwrap();
        assert_eq!(one.send(&Message::Go), Ok(()));
        assert_eq!(other.send(&Message::Child(Pid::own())), Ok(()));
        drop(other);
        assert!(matches!(one.take_waiting(), Some(Message::Child(_))));
        assert!(one.take_waiting().is_none());
    }

    #[test]
    fn a_failure_without_a_message_is_not_mistaken_for_the_end() {
        let (one, other) = Channel::pair().unwrap();
        assert_eq!(one.send(&Message::Lost), Ok(()));
        assert!(matches!(other.receive(), Ok(Some(Message::Lost))));
        assert_eq!(other.send(&Message::Go), Ok(()));
        drop(one);
        assert!(matches!(other.receive(), Ok(None)));
    }
}
