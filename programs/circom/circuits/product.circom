pragma circom 2.1.6;

// "I know two numbers with this product, both different from one."
template Product() {
    signal input a;
    signal input b;
    signal input tag;
    signal output product;

    // Neither is one: each has an inverse when one less.
    signal inverseA <-- 1 / (a - 1);
    signal inverseB <-- 1 / (b - 1);
    (a - 1) * inverseA === 1;
    (b - 1) * inverseB === 1;
    product <== a * b;

    // The tag takes part in nothing but the statement.
    signal tagged <== tag * tag;
}

component main {public [tag]} = Product();
