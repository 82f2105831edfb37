//! Shuts a server down without dropping a request that it has begun.
//!
//! The loop that accepts connections acquires for each, and the guard goes into the connection's task. A shutdown
//! refuses new ones and waits for those that are left. The clients are tasks of the same program.

use rundown::{OwnedProtectedGuard, Protected};
use std::error::Error;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Each connects, asks before the shutdown, and asks again during it.
const CLIENTS: usize = 16;
const REQUESTS: usize = 2 * CLIENTS;
/// Who waits asleep looks at the beginning, at the end, and perhaps when something else wakes its task.
const MOST_POLLS: usize = 8;
/// After this, whatever we wait for does not come any more.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the connections use, and the shutdown takes out.
#[derive(Default)]
struct Log {
    connections: AtomicUsize,
    requests: AtomicUsize,
    answers: AtomicUsize,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    timeout(PATIENCE, run()).await.map_err(|_| "not at its end in time")?
}

async fn run() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = Arc::new(Protected::from(Log::default()));
    let accepting = tokio::spawn(accept(listener, server.clone()));

    let inside = Arc::new(Barrier::new(CLIENTS + 1));
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(client(address, number, inside.clone()));
    }
    inside.wait().await; // until each has its first answer

    check(!server.begin_run_down(), "no connection is left at the shutdown")?;
    check(server.try_acquire_owned().is_err(), "the server takes connections after its shutdown")?;
    // Comes too late, and wakes the loop, which ends with it.
    check(is_refused(address).await, "a connection was taken after the shutdown")?;
    accepting.await??;

    // Polled for the first time while all connections are open; then the clients go on.
    let mut polls = 0;
    let mut closing = pin!(server.run_down_async());
    let closed = poll_fn(|context| {
        polls += 1;
        closing.as_mut().poll(context)
    });
    let (log, _) = tokio::join!(closed, inside.wait());
    let log = log.ok_or("somebody else has the log")?;

    let mut answers = 0;
    while let Some(client) = clients.join_next().await {
        answers += client??;
    }
    let [connections, begun, ended] =
        [log.connections, log.requests, log.answers].map(AtomicUsize::into_inner);
    println!(
        "{connections} connections, {begun} requests, {ended} answers; clients have {answers}"
    );
    println!("the shutdown looked {polls} times whether they were done");
    check(connections == CLIENTS, "other connections were served")?;
    check([begun, ended, answers] == [REQUESTS; 3], "a request was not answered")?;
    check((2..=MOST_POLLS).contains(&polls), "the shutdown did not wait, or not asleep")?;
    println!("every request was answered, and no connection was taken after the shutdown");
    Ok(())
}

/// Takes connections until the shutdown.
async fn accept(listener: TcpListener, server: Arc<Protected<Log>>) -> std::io::Result<()> {
    loop {
        let (connection, _) = listener.accept().await?;
        let Ok(log) = server.try_acquire_owned() else {
            return Ok(()); // and closes it
        };
        tokio::spawn(async move {
            if let Err(error) = serve(connection, log).await {
                eprintln!("a connection broke: {error}");
            }
        });
    }
}

/// Answers each line with the same line.
async fn serve(connection: TcpStream, log: OwnedProtectedGuard<Log>) -> std::io::Result<()> {
    log.connections.fetch_add(1, Ordering::Relaxed);
    let mut connection = BufReader::new(connection);
    let mut line = String::new();
    while connection.read_line(&mut line).await? > 0 {
        log.requests.fetch_add(1, Ordering::Relaxed);
        connection.write_all(line.as_bytes()).await?;
        log.answers.fetch_add(1, Ordering::Relaxed);
        line.clear();
    }
    Ok(())
}

/// Returns how many answers came.
async fn client(
    address: SocketAddr,
    number: usize,
    inside: Arc<Barrier>,
) -> std::io::Result<usize> {
    let mut connection = BufReader::new(TcpStream::connect(address).await?);
    let mut answers = 0;
    for time in ["before", "during"] {
        let request = format!("client {number}, {time} the shutdown\n");
        connection.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        connection.read_line(&mut answer).await?;
        answers += usize::from(answer == request);
        if time == "before" {
            inside.wait().await; // the others, and then the shutdown
            inside.wait().await;
        }
    }
    Ok(answers)
}

/// Returns whether a connection is closed without a byte.
async fn is_refused(address: SocketAddr) -> bool {
    let Ok(mut connection) = TcpStream::connect(address).await else {
        return true;
    };
    connection.read_u8().await.is_err()
}

fn check(holds: bool, otherwise: &str) -> Result<(), Box<dyn Error>> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}
