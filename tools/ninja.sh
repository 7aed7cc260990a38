#!/bin/sh
# ninja.sh NINJA_ARGS...: builds with one line of progress on a terminal (elsewhere a line for each tenth of a long build).
# Silent when nothing is to do. What compilers say is printed whole.
set -eu
exec 4>&1
# Within $(...) standard output is no terminal.
columns=$(stty size 2>/dev/null <&4 | cut -d' ' -f2)
[ "${columns:-0}" -ge 20 ] || columns=80
tty=
[ ! -t 1 ] || tty=1
clear=
[ -z "$tty" ] || clear=$(printf '\r\033[K')

show() {
  tenth=0
  while IFS= read -r line; do
    case $line in
      "ninja: Entering directory"* | "ninja: no work to do."* | *"Re-checking globbed directories"*) ;;
      "["[0-9]*/[0-9]*"]"*)
        step=${line#\[}
        total=${step#*/}
        total=${total%%\]*}
        step=${step%%/*}
        if [ -n "$tty" ]; then
          printf '%s%.*s' "$clear" $((columns - 1)) "$line"
        elif [ "$total" -ge 20 ] && [ $((step * 10 / total)) -gt $tenth ]; then
          tenth=$((step * 10 / total))
          echo "building: $step of $total"
        fi
        ;;
      *) printf '%s%s\n' "$clear" "$line" ;;
    esac
  done
  printf '%s' "$clear"
}

# The status of the first part of a pipe, in any shell.
status=$({ { ninja "$@" 2>&1 4>&- || echo $? >&3; } | show >&4; } 3>&1)
exit "${status:-0}"
