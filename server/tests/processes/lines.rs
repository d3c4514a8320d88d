//! Bad lines between instances that work: slow, flapping, losing answers. Over real sockets, through a proxy.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::kit::Setup;
use crate::line::Line;
use crate::load::{settled, write};
use crate::pauses::Trio;

/// The address of the second as the first meets it, and the other way round.
const TO_SECOND: u8 = 2;
const TO_FIRST: u8 = 3;

/// Three instances of which the first two meet each other over lines only.
async fn trio(more: &[(&str, &str)]) -> (Trio, Line, Line) {
    let ports = Mutex::new([0; 3]);
    let trio = Trio::new(|index, setup: &mut Setup| {
        ports.lock().expect("no panic")[index] = setup.port;
        let address = |host: u8| format!("127.0.0.{host}:1");
        let (name, host) = if index == 0 { ("b", TO_SECOND) } else { ("a", TO_FIRST) };
        if index < 2 {
            setup.set("CONNTEXT_FED_RESOLVE", &format!("{name}.localhost={}", address(host)));
        }
        for (name, value) in more {
            setup.set(name, value);
        }
    });
    // The lines have to be there when the first greets the second, and their ports are known when both are prepared.
    let lines = async {
        loop {
            let [a, b, c] = *ports.lock().expect("no panic");
            if c > 0 {
                return (Line::new(TO_SECOND, b).await, Line::new(TO_FIRST, a).await);
            }
            tokio::task::yield_now().await;
        }
    };
    let (trio, (to_second, to_first)) = tokio::join!(trio, lines);
    (trio, to_second, to_first)
}

fn resident_kib(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("the process's status");
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).expect("its memory");
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn j_delivery_a_slow_line_slows_nobody_else_and_everything_arrives() {
    // Of a full batch too little arrives in the time that a request may take.
    let (trio, to_second, to_first) = trio(&[("CONNTEXT__FEDERATION__REQUEST_TIMEOUT_MS", "3000")]).await;
    to_second.set_speed(1024);
    to_first.set_speed(1024);
    let (before, began) = (resident_kib(trio.processes[0].id()), Instant::now());
    let (mut slowest, count) = (Duration::ZERO, 12);
    for n in 0..count {
        let long = format!("ada {n}");
        trio.say(0, 0, &long).await;
        slowest = slowest.max(trio.read(2, 0, &long, Duration::from_secs(4)).await);
        if n % 4 == 0 {
            trio.say(1, 0, &format!("ben {}", n / 4)).await;
        }
    }
    println!("the others waited for {slowest:?} at most; {:?} for all", began.elapsed());
    let ends = [trio.end(0), trio.end(1), trio.end(2)];
    let written = [("ada".to_owned(), count), ("ben".to_owned(), 3)];
    settled(&ends, &trio.sids[0], &trio.channels[0], &written, Duration::from_secs(180)).await;
    let grown = resident_kib(trio.processes[0].id()).saturating_sub(before);
    println!(
        "everything is there after {:?}; the line carried {} and {} bytes; the hub grew by {grown} KiB",
        began.elapsed(),
        to_second.carried(),
        to_first.carried()
    );
    assert!(slowest < Duration::from_secs(2), "others waited for {slowest:?}");
    assert!(grown < 64 * 1024, "the hub grew by {grown} KiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn j_delivery_a_flapping_line_loses_nothing() {
    let (trio, to_second, to_first) = trio(&[]).await;
    let every = Duration::from_millis(50);
    let writers: Vec<_> = [("ada", 0), ("ben", 1), ("cleo", 2)]
        .map(|(name, who)| write(name, &trio.processes[who].base, &trio.tokens[who], &trio.channels[0], every))
        .into();
    for n in 0..14 {
        sleep(Duration::from_millis(200 + 37 * (n % 5))).await;
        // Both ways, or one of them.
        [&to_second, &to_first].iter().enumerate().filter(|(way, _)| n % 3 != *way as u64).for_each(|(_, l)| l.cut());
        sleep(Duration::from_millis(150 + 53 * (n % 4))).await;
        [&to_second, &to_first].iter().for_each(|line| line.mend());
    }
    let mut written = Vec::new();
    for writer in writers {
        written.push(writer.finish().await);
    }
    let ends = [trio.end(0), trio.end(1), trio.end(2)];
    settled(&ends, &trio.sids[0], &trio.channels[0], &written, Duration::from_secs(60)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_lost_answers_double_nothing() {
    let (trio, to_second, to_first) = trio(&[]).await;
    let every = Duration::from_millis(60);
    let writers: Vec<_> = [("ada", 0), ("ben", 1)]
        .map(|(name, who)| write(name, &trio.processes[who].base, &trio.tokens[who], &trio.channels[0], every))
        .into();
    for _ in 0..8 {
        to_second.lose_answers(1);
        to_first.lose_answers(2);
        sleep(Duration::from_millis(700)).await;
    }
    let mut written = Vec::new();
    for writer in writers {
        written.push(writer.finish().await);
    }
    let lost = (to_second.lost(), to_first.lost());
    println!("{lost:?} answers were lost");
    assert!(lost.0 >= 4 && lost.1 >= 4, "{lost:?}");
    let ends = [trio.end(0), trio.end(1), trio.end(2)];
    settled(&ends, &trio.sids[0], &trio.channels[0], &written, Duration::from_secs(60)).await;
}
