use super::*;

fn caller(address: &str) -> Caller {
    Caller(SocketAddr::new(address.parse().expect("an address"), 1))
}

fn quotas(change: impl FnOnce(&mut config::Quota)) -> Arc<Quotas> {
    let mut quota = config::Quota { requests_per_second: 10, requests_burst: 5, ..config::Quota::default() };
    change(&mut quota);
    Arc::new(Quotas::new(&config::Http { quota, requests_max: 8, uploads_max: 1, ..config::Http::default() }))
}

/// How many requests of so many at once are let through.
fn let_through(quotas: &Quotas, from: &str, now: Instant, tries: usize) -> usize {
    (0..tries).filter(|_| quotas.request_at(caller(from), now).is_ok()).count()
}

#[test]
fn an_address_may_send_some_at_once_and_then_at_its_pace() {
    let (quotas, now) = (quotas(|_| ()), Instant::now());
    assert_eq!(let_through(&quotas, "192.0.2.1", now, 9), 5);
    assert_eq!(let_through(&quotas, "192.0.2.2", now, 9), 5, "others have their own");
    assert_eq!(quotas.request_at(caller("192.0.2.1"), now), Err(Duration::from_millis(100)));
    assert_eq!(let_through(&quotas, "192.0.2.1", now + Duration::from_millis(200), 9), 2);
    assert_eq!(let_through(&quotas, "192.0.2.1", now + Duration::from_secs(60), 9), 5);
}

#[test]
fn a_customer_is_one_address_however_many_it_has() {
    let (quotas, now) = (quotas(|_| ()), Instant::now());
    assert_eq!(let_through(&quotas, "2001:db8:0:1::1", now, 3), 3);
    assert_eq!(let_through(&quotas, "2001:db8:0:1:ffff::2", now, 3), 2);
    assert_eq!(let_through(&quotas, "2001:db8:0:2::1", now, 9), 5);
    assert_eq!(let_through(&quotas, "::ffff:192.0.2.1", now, 3), 3);
    assert_eq!(let_through(&quotas, "192.0.2.1", now, 3), 2);
}

#[test]
fn the_operator_says_who_has_no_quotas() {
    let now = Instant::now();
    assert_eq!(let_through(&quotas(|_| ()), "127.0.0.7", now, 99), 99);
    assert_eq!(let_through(&quotas(|limits| limits.exempt_loopback = false), "::1", now, 99), 5);
    let trusting = quotas(|limits| limits.exempt = vec!["192.0.2.9".parse().expect("an address")]);
    assert_eq!(let_through(&trusting, "192.0.2.9", now, 99), 99);
    assert_eq!(let_through(&trusting, "192.0.2.8", now, 99), 5);
}

#[test]
fn so_many_addresses_are_told_apart_and_the_rest_are_one() {
    let (quotas, now) = (quotas(|_| ()), Instant::now());
    let address = |number: usize| format!("10.0.{}.{}", number / 256, number % 256);
    for number in 0..ADDRESSES_MAX {
        assert_eq!(let_through(&quotas, &address(number), now, 1), 1);
    }
    let [one, other] = [ADDRESSES_MAX, ADDRESSES_MAX + 1].map(address);
    assert_eq!(let_through(&quotas, &one, now, 3) + let_through(&quotas, &other, now, 9), 5);
    assert_eq!(quotas.lock().entries.len(), ADDRESSES_MAX + 1);
    assert_eq!(let_through(&quotas, &address(0), now, 9), 4, "those that are known stay so");
    let later = now + Duration::from_secs(60);
    assert_eq!(let_through(&quotas, &one, later, 9), 5, "those at rest are forgotten");
    assert_eq!(quotas.lock().entries.len(), 1);
}

#[test]
fn places_end_when_they_are_dropped() {
    let quotas = quotas(|limits| limits.parts_at_once = 2);
    let row = |from: &str| quotas.enter(caller(from), Kind::Row).ok();
    let both = [row("192.0.2.1").expect("a row"), row("192.0.2.1").expect("a row")];
    assert!(row("192.0.2.1").is_none());
    assert!(row("192.0.2.2").is_some());
    drop(both);
    assert!(row("192.0.2.1").is_some());
}

#[test]
fn an_address_has_a_fourth_of_each_kind_and_one_at_least() {
    let quotas = quotas(|_| ());
    for (kind, most) in [(Kind::Connection, 256), (Kind::Request, 2), (Kind::Upload, 1), (Kind::Row, 16)] {
        let places: Vec<_> = (0..300).map_while(|_| quotas.enter(caller("192.0.2.1"), kind).ok()).collect();
        assert_eq!(places.len(), most, "{kind:?}");
    }
}
