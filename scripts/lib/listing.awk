#!/usr/bin/awk -f
# SPDX-License-Identifier: GPL-2.0
#
# Reads objdump -dr, of x86_64 or arm64, and prints the way through function_name on which
# nothing out of the ordinary happens: no conditional jump is taken but one over a call. Fails
# if it has more than most instructions.

# Jumps to another function are by a relocation, on the line after the instruction.
/^[0-9a-f]+ <.*>:$/ {
	name = substr($2, 2, length($2) - 3)
	start[name] = n + 1
	next
}

/^[ \t]*[0-9a-f]+:\t/ {
	address = $1
	sub(/:$/, "", address)
	text = $0
	sub(/^[ \t]*[0-9a-f]+:[ \t]*/, "", text)
	sub(/[ \t]*(#|\/\/) .*$/, "", text)
	gsub(/[ \t]+/, " ", text)
	n++
	insn[n] = text
	at[address] = n
	next
}

/R_(X86_64|AARCH64)_/ {
	reloc[n] = $3
	sub(/[-+]0x[0-9a-f]+$/, "", reloc[n])
}

function show(i,   line, symbol) {
	line = insn[i]
	sub(/ <.*>$/, "", line)
	symbol = reloc[i]
	if (symbol != "") {
		if (line ~ /\(%rip\)/)
			sub(/0x0\(%rip\)/, symbol "(%rip)", line)
		else
			sub(/(#0x)?[0-9a-f]+$/, symbol, line)
	}
	printf "%4d  %s\n", ++count, line
}

# Where the jump goes: its last operand.
function target(i,   word, n) {
	n = split(insn[i], word, " ")
	return at[word[n] ~ /^</ ? word[n - 1] : word[n]]
}

END {
	if (!(function_name in start))
		exit 1
	printf "%4d  call   %s\n", ++count, function_name
	i = start[function_name]
	while (count < 200) {
		show(i)
		if (insn[i] ~ /^ret/) {
			printf "%s: %d instructions\n", function_name, count
			exit count > most
		}
		if (insn[i] ~ /^(jmp|b) /)
			i = reloc[i] in start ? start[reloc[i]] : target(i)
		else if (insn[i] ~ /^(j|b\.|cbn?z|tbn?z)/ && insn[i + 1] ~ /^(call|bl) /)
			i = target(i)
		else
			i++
		if (!i)
			exit 1
	}
	exit 1
}
