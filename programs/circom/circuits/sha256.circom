pragma circom 2.1.6;

include "circomlib/circuits/sha256/sha256.circom";
include "circomlib/circuits/bitify.circom";

// "I know 64 bytes with this SHA-256": the digest as two numbers of 128 bits, the first half first.
template Preimage() {
    signal input bits[512];
    signal output digest[2];

    component hash = Sha256(512);
    hash.in <== bits;

    component halves[2];
    for (var half = 0; half < 2; half++) {
        halves[half] = Bits2Num(128);
        for (var i = 0; i < 128; i++) {
            halves[half].in[127 - i] <== hash.out[128 * half + i];
        }
        digest[half] <== halves[half].out;
    }
}

component main = Preimage();
