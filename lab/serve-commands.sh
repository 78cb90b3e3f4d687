# Sourced where a channel is open as 3: see command-channel.ts.

# A request is "ID COMMAND". Its answer is the output in base64, a line "ID TEXT" at a time so that answers may mix, and at last
# "ID = STATUS". Requests are served side by side. Ends when the channel does.
serve_commands() {
  while read -r id command <&3; do
    {
      output=$(sh -c "$command" 2>&1 3>&- </dev/null; echo "$?")
      status=${output##*
}
      printf %s "${output%"$status"}" | base64 | while read -r part; do echo "$id $part"; done >&3
      echo "$id = $status" >&3
    } &
  done
}
