# Accepted messages per day, account and TLS version, as accepted.awk finds them: perl accepted.pl LOG > ANSWER.
# Looking for a fixed text before matching halves the time against matching every line.
use strict;
use warnings;

my (%tls, %open, %count);
while (<>) {
    if (index($_, '/smtpd[') > 0) {
        next unless m{ (postfix/(?:submissions?|smtps)/smtpd\[\d+\]): (.*)};
        my ($process, $message) = ($1, $2);
        if ($message =~ /^connect from/) { $tls{$process} = 'none' }
        elsif ($message =~ /^\w+ TLS connection established from \S+ (\S+)/) { $tls{$process} = $1 }
        elsif ($message =~ /^(\w+): client=.*sasl_username=(.*)/) {
            $open{$1} = join ',', substr($_, 0, 6), $2, $tls{$process};
        }
    }
    elsif (index($_, '(queue active)') > 0 && m{ postfix/qmgr\[\d+\]: (\w+): }) {
        my $cell = delete $open{$1};
        $count{$cell}++ if defined $cell;
    }
}
print "$_,$count{$_}\n" for keys %count;
