//! Work inside a network namespace that the test program does itself: it is run again there, with a word for the work.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, ExitCode};

use nix::net::if_::if_nametoindex;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType};

use super::{PATIENCE, Run as _, Running};

const RECEIVE: &str = "--receive-on";
const SEND: &str = "--send-to";
const AWAIT_END: &str = "--await-end-of";

/// How many bytes go from one end to the other.
const AMOUNT: usize = 1 << 20;

/// Interfaces come and go in this group (`rtnetlink(7)`).
const RTMGRP_LINK: u32 = 1;

/// Does the work that this program was started for, if it has such a word.
pub fn helper() -> Option<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    let (what, about) = (arguments.next()?, arguments.next()?);
    match what.as_str() {
        RECEIVE => receive(about.parse().expect("an address")),
        SEND => send(about.parse().expect("an address and a port")),
        AWAIT_END => await_end(&about),
        _ => return None,
    }
    Some(ExitCode::SUCCESS)
}

/// Another run of this program, for a command that runs it in the right namespace.
fn again(mut inside: Command, what: &str, about: &str) -> Command {
    inside.arg(std::env::current_exe().expect("it has a path"));
    inside.args([what, about]);
    inside
}

/// Sends a megabyte over TCP to this address. `receiver` runs a program at the address, and `sender` runs one at the
/// source. Fails if not everything arrives.
#[track_caller]
pub fn transfer(receiver: Command, sender: Command, address: &str) {
    let mut receiver = Running::start(&mut again(receiver, RECEIVE, &format!("{address}:0")));
    let port = receiver.line();
    again(sender, SEND, &format!("{address}:{port}")).ran().ok();
    assert_eq!(
        receiver.line(),
        format!("{AMOUNT} {}", sum(&bytes())),
        "{address}"
    );
    assert_eq!(receiver.end().0, 0);
}

/// Waits until no interface of this name is where `inside` runs a program: the kernel takes its time to remove those of a
/// namespace that has ended.
#[track_caller]
pub fn await_end_of(inside: Command, name: &str) {
    again(inside, AWAIT_END, name).ran().ok();
}

fn receive(address: SocketAddr) {
    let listener = TcpListener::bind(address).expect("the address is ours");
    let address = listener.local_addr().expect("it is bound");
    println!("{}", address.port());
    wait(&listener);
    let (mut stream, _) = listener.accept().expect("somebody has come");
    stream.set_read_timeout(Some(PATIENCE)).expect("it can have one");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("all of it comes");
    println!("{} {}", bytes.len(), sum(&bytes));
}

fn send(address: SocketAddr) {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).expect("somebody listens");
    stream.set_write_timeout(Some(PATIENCE)).expect("it can have one");
    stream.write_all(&bytes()).expect("it is taken");
}

/// Bytes of which none can be left out, or change places, unseen.
fn bytes() -> Vec<u8> {
    let byte = |index: usize| u8::try_from((index ^ (index >> 8) ^ (index >> 16)) & 0xff).expect("a byte");
    (0..AMOUNT).map(byte).collect()
}

fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |sum: u64, byte| {
        sum.wrapping_mul(1_099_511_628_211)
            .wrapping_add(u64::from(*byte) + 1)
    })
}

fn await_end(name: &str) {
    let (family, flags) = (AddressFamily::NETLINK, SocketFlags::CLOEXEC);
    // Without another protocol it is NETLINK_ROUTE.
    let socket = rustix::net::socket_with(family, SocketType::RAW, flags, None)
        .expect("a netlink socket can be opened");
    rustix::net::bind(&socket, &SocketAddrNetlink::new(0, RTMGRP_LINK)).expect("everybody may listen");
    let mut news = [0; 16 * 1024];
    while if_nametoindex(name).is_ok() {
        wait(&socket);
        // Whatever it is, it is looked again.
        let _ = rustix::net::recv(&socket, &mut news[..], RecvFlags::empty());
    }
}

fn wait(file: &impl std::os::fd::AsFd) {
    let patience = Timespec {
        tv_sec: PATIENCE.as_secs().cast_signed(),
        tv_nsec: 0,
    };
    let ready = poll(&mut [PollFd::new(file, PollFlags::IN)], Some(&patience));
    assert_eq!(ready, Ok(1), "nothing has come");
}
