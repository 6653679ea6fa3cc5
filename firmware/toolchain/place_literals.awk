# LLVM's Xtensa printer emits the .literal lines of a function before it switches to the function's section, so GNU as
# would file them with the function before, out of reach of l32r or in a section that is thrown away. Hold them back
# until the first line that is neither a section switch nor empty nor a comment.
/^[ \t]*\.literal(_position)?([ \t]|$)/ { held = held $0 "\n"; next }
/^[ \t]*\.(text|section)/ || /^[ \t]*(#|$)/ { print; next }
held != "" { printf "%s", held; held = "" }
{ print }
