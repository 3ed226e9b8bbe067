# Runs each command line for each of its sides. The argument is the directory with the numbered command lines, with the
# directories of the sides, which come first in PATH, and with the list of what is run. A command line that changes
# something has mount and UTS namespaces of its own.
place=$1 system=$PATH
if [ $# = 1 ]; then
    mkdir /run/lines
    while read -r NUMBER alone sides; do
        for SIDE in $sides; do
            export NUMBER SIDE
            # Both sides get the same PIDs.
            echo 3000 >/proc/sys/kernel/ns_last_pid
            case $alone in
            alone) unshare -mu --propagation unchanged sh "$0" "$place" one ;;
            *) sh "$0" "$place" one ;;
            esac
            # Here nothing is mounted on what it left.
            for file in /run/lines/*; do
                [ ! -e "$file" ] || rm -rf --one-file-system "$file"
            done
        done
    done <"$place/list"
    exit
fi
cd /run/lines || exit
. "$place/names"
# A command line may change what the next words of this script need.
exec 3>"$place/$NUMBER.$SIDE.effect"
(PATH=$place/$SIDE:$PATH; . "$place/$NUMBER") </dev/null >"$place/$NUMBER.$SIDE.out" 2>"$place/$NUMBER.$SIDE.err"
echo $? >"$place/$NUMBER.$SIDE.status"
cat /proc/self/mountinfo /proc/sys/kernel/hostname /proc/sys/kernel/domainname >&3
for file in *; do
    [ ! -e "$file" ] || echo "$file" >&3
done
