// The program that the probe runs: copies `in/arguments` to `out/proof`; loops for ever when they begin with `L`.
// Exits with 1 when it cannot read, 2 when it could make a socket, 3 when it cannot write.
// as program-aarch64.s -o p.o && ld -N -s --build-id=none p.o -o program-aarch64
.globl _start
_start:
    mov x8, #56             // openat(AT_FDCWD, "in/arguments", O_RDONLY)
    mov x0, #-100
    adr x1, input
    mov x2, #0
    svc #0
    mov x20, #1
    tbnz x0, #63, fail
    mov x8, #63             // read(fd, stack, 64)
    sub sp, sp, #64
    mov x1, sp
    mov x2, #64
    svc #0
    cmp x0, #0
    ble fail
    mov x19, x0
    ldrb w3, [sp]
again:
    cmp w3, #'L'
    beq again
    mov x8, #198            // socket(AF_INET, SOCK_STREAM, 0)
    mov x0, #2
    mov x1, #1
    mov x2, #0
    svc #0
    mov x20, #2
    tbz x0, #63, fail
    mov x8, #56             // openat(AT_FDCWD, "out/proof", O_WRONLY | O_CREAT | O_TRUNC, 0644)
    mov x0, #-100
    adr x1, output
    mov x2, #01101
    mov x3, #0644
    svc #0
    mov x20, #3
    tbnz x0, #63, fail
    mov x8, #64             // write(fd, stack, read)
    mov x1, sp
    mov x2, x19
    svc #0
    cmp x0, x19
    bne fail
    mov x20, #0
fail:
    mov x8, #94             // exit_group
    mov x0, x20
    svc #0
input:
    .asciz "in/arguments"
output:
    .asciz "out/proof"
