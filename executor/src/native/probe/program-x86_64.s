# The program that the probe runs: copies `in/arguments` to `out/proof`; loops for ever when they begin with `L`.
# Exits with 1 when it cannot read, 2 when it could make a socket, 3 when it cannot write.
# as program-x86_64.s -o p.o && ld -N -s --build-id=none p.o -o program-x86_64
.globl _start
_start:
    mov $257, %eax          # openat(AT_FDCWD, "in/arguments", O_RDONLY)
    mov $-100, %rdi
    lea input(%rip), %rsi
    xor %edx, %edx
    syscall
    mov $1, %ebx
    test %rax, %rax
    js fail
    mov %rax, %rdi          # read(fd, stack, 64)
    xor %eax, %eax
    sub $64, %rsp
    mov %rsp, %rsi
    mov $64, %edx
    syscall
    test %rax, %rax
    jle fail
    mov %rax, %r12
again:
    cmpb $'L', (%rsp)
    je again
    mov $41, %eax           # socket(AF_INET, SOCK_STREAM, 0)
    mov $2, %edi
    mov $1, %esi
    xor %edx, %edx
    syscall
    mov $2, %ebx
    test %rax, %rax
    jns fail
    mov $257, %eax          # openat(AT_FDCWD, "out/proof", O_WRONLY | O_CREAT | O_TRUNC, 0644)
    mov $-100, %rdi
    lea output(%rip), %rsi
    mov $01101, %edx
    mov $0644, %r10d
    syscall
    mov $3, %ebx
    test %rax, %rax
    js fail
    mov %rax, %rdi          # write(fd, stack, read)
    mov $1, %eax
    mov %rsp, %rsi
    mov %r12, %rdx
    syscall
    cmp %r12, %rax
    jne fail
    xor %ebx, %ebx
fail:
    mov $231, %eax          # exit_group
    mov %ebx, %edi
    syscall
input:
    .asciz "in/arguments"
output:
    .asciz "out/proof"
