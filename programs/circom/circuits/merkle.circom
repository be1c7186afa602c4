pragma circom 2.1.6;

include "circomlib/circuits/poseidon.circom";
include "circomlib/circuits/mux1.circom";
include "circomlib/circuits/bitify.circom";

// "I know the secret of a leaf in the tree with this root, and this is the leaf's mark": membership that can be shown once.
template Membership(depth) {
    signal input root;
    signal input secret;
    signal input index;
    signal input siblings[depth];
    signal output mark;

    component leaf = Poseidon(1);
    leaf.inputs[0] <== secret;

    component path = Num2Bits(depth);
    path.in <== index;

    component sides[depth];
    component nodes[depth];
    for (var i = 0; i < depth; i++) {
        sides[i] = MultiMux1(2);
        sides[i].c[0][0] <== i == 0 ? leaf.out : nodes[i - 1].out;
        sides[i].c[0][1] <== siblings[i];
        sides[i].c[1][0] <== siblings[i];
        sides[i].c[1][1] <== i == 0 ? leaf.out : nodes[i - 1].out;
        sides[i].s <== path.out[i];
        nodes[i] = Poseidon(2);
        nodes[i].inputs[0] <== sides[i].out[0];
        nodes[i].inputs[1] <== sides[i].out[1];
    }
    root === nodes[depth - 1].out;

    component marked = Poseidon(2);
    marked.inputs[0] <== secret;
    marked.inputs[1] <== index;
    mark <== marked.out;
}

component main {public [root]} = Membership(20);
