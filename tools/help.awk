# Prints the targets of a Makefile under their headings, no line over 80 columns.
# A heading is a line `##@ Heading`; a target's text stands after `## ` on its line.
/^##@ / { printf "\n%s\n", substr($0, 5) }
/^[a-z-]+:.*## / {
    target = $0; sub(/:.*/, "", target)
    text = $0; sub(/.*## /, "", text)
    count = split(text, words, " ")
    line = sprintf("  %-12s", target)
    for (i = 1; i <= count; i++) {
        if (length(line) + 1 + length(words[i]) > 80) {
            print line
            line = sprintf("%14s", "")
        }
        line = line " " words[i]
    }
    print line
}
