# Debug information in gcc's assembly must not change the code that comes out. GNU as takes a label for the target of a
# branch, which the linker then aligns, unless its name begins with .LM or .LB; and any such label or .loc between a
# true target and its instruction hides the target. So an instruction gets its targets directly before it, and of several
# .loc the last one.
{ gsub(/\.L(VL|BI|CFI|FB|FE|text|etext)/, ".LM&") }
/^\.L[0-9]+:/ { targets = targets $0 "\n"; next }
$1 == ".loc" {
    if (match($0, /is_stmt [01]/)) is_stmt = substr($0, RSTART, RLENGTH) # holds until the next one that says it
    line = "\t.loc " $2 " " $3 " " $4 " " is_stmt "\n"
    next
}
/^\.L[MB]/ || /^#/ || /^\t\.file/ { print; next }
{ printf "%s", targets; targets = "" }
/^[ \t]+[a-z]/ { printf "%s", line; line = "" }
{ print }
