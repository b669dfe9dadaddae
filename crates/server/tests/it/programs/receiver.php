<?php
// A receiver as PHP programmers write it: parse_str makes arrays of bracketed names. Run by `php -S`.
parse_str($_SERVER['QUERY_STRING'] ?? '', $call);
file_put_contents(getenv('TOLD'), json_encode($call) . "\n", FILE_APPEND | LOCK_EX);
http_response_code(200);
