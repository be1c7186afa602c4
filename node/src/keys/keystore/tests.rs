use super::*;

/// The standard's own example for scrypt.
const EXAMPLE: &str = r#"{
    "crypto": {
        "kdf": {
            "function": "scrypt",
            "params": {
                "dklen": 32, "n": 262144, "p": 1, "r": 8,
                "salt": "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"
            },
            "message": ""
        },
        "checksum": {
            "function": "sha256", "params": {},
            "message": "d2217fe5f3e9a1e34581ef8a78f7c9928e436d36dacc5e846690a5581e8ea484"
        },
        "cipher": {
            "function": "aes-128-ctr", "params": { "iv": "264daa3f303d7259501c93d997d84fe6" },
            "message": "06ae90d55fe0a6e9c5c3bc5b170827b2e5cce3929ed3f116c2811e6366dfe20f"
        }
    },
    "pubkey": "9612d7a727c9d0a22e185a1c768478dfe919cada9266988cb32359c11f2b7b27f4ae4040902382ae2910c15e2b420d07",
    "path": "m/12381/60/3641/0",
    "uuid": "1d85ae20-35c5-4611-98e8-aa14a633906f",
    "version": 4
}"#;

#[test]
fn the_example_of_the_standard_is_opened() {
    let secret = Keystore::parse(EXAMPLE).expect("format").decrypt(&Passphrase::new("𝔱𝔢𝔰𝔱𝔭𝔞𝔰𝔰𝔴𝔬𝔯𝔡🔑"));
    let expected = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";
    assert_eq!(hex::encode(secret.expect("opened").as_slice()), expected);
}

#[test]
fn what_is_encrypted_is_opened_by_its_passphrase_alone() {
    let (account, right) = (AccountId([5; 32]), Passphrase::new("correct horse"));
    let written = Keystore::encrypt(&[7; 32], account, &right).expect("encrypted");
    let read = Keystore::parse(&written.text()).expect("format");
    assert_eq!((read.account(), &read), (Some(account), &written));
    assert_eq!(read.decrypt(&right).expect("opened").as_slice(), [7; 32]);
    assert_eq!(read.decrypt(&Passphrase::new("Correct horse")).err(), Some(KeystoreError::Passphrase));
    assert!(!read.text().contains(&hex::encode([7; 32])));
    let again = Keystore::encrypt(&[7; 32], account, &right).expect("encrypted");
    assert_ne!(again.crypto, written.crypto, "salt and iv are new each time");
}

#[test]
fn a_file_that_asks_for_too_much_or_makes_no_sense_is_refused() {
    let right = Passphrase::new("x");
    let opened = |from: &str, to: &str| {
        assert!(EXAMPLE.contains(from), "{from}");
        Keystore::parse(&EXAMPLE.replace(from, to)).and_then(|it| it.decrypt(&right)).expect_err("refused")
    };
    for (from, to) in [
        ("262144", "4503599627370496"),
        ("262144", "262145"),
        ("262144", "1"),
        ("\"r\": 8", "\"r\": 4294967295"),
        ("\"r\": 8", "\"r\": 0"),
        ("\"p\": 1", "\"p\": 1000000"),
        ("\"dklen\": 32", "\"dklen\": 16"),
    ] {
        assert_eq!(opened(from, to), KeystoreError::Cost, "{from} {to}");
    }
    assert!(matches!(opened("scrypt", "pbkdf2"), KeystoreError::Function { part: "kdf", .. }));
    assert!(matches!(opened("aes-128-ctr", "none"), KeystoreError::Function { part: "cipher", .. }));
    for (from, to) in [("\"version\": 4", "\"version\": 5"), ("264daa", "26"), ("06ae", "zz"), ("\"uuid\"", "\"id\"")] {
        assert!(matches!(opened(from, to), KeystoreError::Format(_)), "{from} {to}");
    }
    for text in ["", "{", "[]", "{\"crypto\":1}"] {
        assert!(Keystore::parse(text).is_err(), "{text}");
    }
}
