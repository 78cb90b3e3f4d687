/** What of the nemesis is on a hypervisor while it runs. */
const folder = "/run/nemesis";

/**
 * What the host script runs at each step of a change (WHEN INDEX VERB …): it counts, and waits at the step that is waited for, or at the
 * beginning of each request. On an emulated processor each process takes its time, so that there is none of it.
 *
 * Who waits looks for a file, `reached` or its end, and again when something comes by a fifo that is open already.
 */
const hook = `#!/bin/sh
cd ${folder} || exit
set -C
read -r step <next
until true >"steps/$step"; do step=$((step + 1)); done
set +C
echo $((step + 1)) >next
words=$*
echo "\${words%%
*}" >"steps/$step"
read -r wanted <wanted
case "$wanted $1 $2" in "$step "* | 'requests before 0') ;; *) exit 0 ;; esac
exec 8<>go
: >reached
echo 1<>told
while [ -e reached ]; do read -r _ <&8; done
`;

/** Puts the hook there; until something is expected it waits nowhere. */
export const putHook = `
mkdir -p ${folder}/steps
mkfifo ${folder}/told ${folder}/go
echo 1 >${folder}/next
echo -1 >${folder}/wanted
cat >/run/pulumi-kvm-network.step <<'END'
${hook}END
chmod 755 /run/pulumi-kvm-network.step
`;

/** Steps are counted from here; at `step`, if there is one, it waits, or at the beginning of each request. */
export const expect = (step: number | "requests" | undefined): string => `
cd ${folder}
rm -rf steps reached over
mkdir steps
echo 1 >next
echo ${step ?? -1} >wanted
`;

/** Ends when it waits, or with 1 when it was said to be over before. */
export const untilReached = `
cd ${folder}
exec 8<>told
until [ -e reached ] || [ -e over ]; do read -r _ <&8; done
[ -e reached ]
`;

export const sayOver = `
cd ${folder}
: >over
echo 1<>told
`;

/** It goes on, to where it is to wait next. */
export const goOn = `
cd ${folder}
rm -f reached
echo 1<>go
`;

/** It goes on to the end. */
export const release = `echo -1 >${folder}/wanted${goOn}`;

/** What was done, step by step. */
export const listSteps = `
cd ${folder}/steps
[ -z "$(ls)" ] || cat $(ls -v)
`;

/** How many steps were reported until now, of anybody. */
export const countSteps = `ls ${folder}/steps | wc -l`;
