<?php
// Verifies callouts of passthru: PHP 8.1 or later, no extension or package. README.md says what is signed.

namespace Passthru;

const TOLERANCE = 5 * 60; // seconds that two clocks may be apart

/** Why a request is not believed; `reason` is for programs. */
final class Refused extends \Exception
{
    public function __construct(public string $reason, string $why)
    {
        parent::__construct($why);
    }
}

/** The bytes of a secret. An empty or broken one is refused, for anybody could sign with it. */
function key(string $secret): string
{
    $bytes = str_starts_with($secret, 'whsec_') ? base64_decode(substr($secret, 6), true) : false;
    if ($bytes === false || strlen($bytes) < 24) {
        throw new \ValueError('a secret is whsec_ and base64 of 24 bytes or more');
    }
    return $bytes;
}

/**
 * Returns if the request was signed with one of $secrets (`whsec_...`), and throws Refused otherwise.
 *
 * $url: the public one, as it was asked; $headers: getallheaders(); $body: file_get_contents('php://input');
 * $now: Unix seconds, time().
 */
function verify(array $secrets, string $method, string $url, array $headers, string $body, int $now): void
{
    $keys = array_map(key(...), $secrets);
    $headers = array_change_key_case($headers);
    foreach (['webhook-id', 'webhook-timestamp', 'webhook-signature'] as $name) {
        if (($headers[$name] ?? '') === '') {
            throw new Refused('missing', "$name is missing");
        }
    }
    $timestamp = $headers['webhook-timestamp'];
    if (!preg_match('/\A[0-9]{1,12}\z/', $timestamp)) {
        throw new Refused('malformed', 'webhook-timestamp is not a number of seconds');
    }
    $age = $now - (int) $timestamp;
    if ($age > TOLERANCE) {
        throw new Refused('stale', "signed $age s ago");
    }
    if ($age < -TOLERANCE) {
        throw new Refused('future', 'signed ' . -$age . ' s in the future');
    }
    $signatures = array_filter(explode(' ', $headers['webhook-signature']), fn ($part) => str_starts_with($part, 'v1,'));
    if ($signatures === []) {
        throw new Refused('unknown_version', 'no signature of version v1');
    }
    $content = implode('.', [$headers['webhook-id'], $timestamp, $method, $url, hash('sha256', $body)]);
    foreach ($keys as $key) {
        $expected = 'v1,' . base64_encode(hash_hmac('sha256', $content, $key, true));
        foreach ($signatures as $signature) {
            if (hash_equals($expected, $signature)) {
                return;
            }
        }
    }
    throw new Refused('mismatch', 'no signature fits: other secret, method, URL or body');
}
