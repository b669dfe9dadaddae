<?php
// Runs docs/verify/verify.php over the vectors: a line each, what came of it.

require $argv[1] . '/verify.php';

foreach (json_decode(file_get_contents($argv[1] . '/vectors.json'), true)['rows'] as $row) {
    try {
        Passthru\verify($row['secrets'], $row['method'], $row['url'], $row['headers'], $row['body'], $row['now']);
        echo "ok\n";
    } catch (Passthru\Refused $refused) {
        echo $refused->reason, "\n";
    } catch (ValueError) {
        echo "bad_secret\n";
    }
}
