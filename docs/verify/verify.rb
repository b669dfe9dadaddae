# Verifies callouts of passthru: Ruby 2.7 or later, its standard library only. README.md says what is signed.

require "openssl"

module Passthru
  TOLERANCE = 5 * 60 # seconds that two clocks may be apart

  # Why a request is not believed; `code` is for programs.
  class Refused < StandardError
    attr_reader :code

    def initialize(code, why)
      super(why)
      @code = code
    end
  end

  # The bytes of a secret. An empty or broken one is refused, for anybody could sign with it.
  def self.key(secret)
    bytes = secret.start_with?("whsec_") ? secret.delete_prefix("whsec_").unpack1("m0") : ""
    raise ArgumentError, "a secret is whsec_ and base64 of 24 bytes or more" if bytes.bytesize < 24

    bytes
  end

  # Returns if the request was signed with one of `secrets` (`whsec_...`), and raises Refused otherwise.
  #
  # url: the public one, as it was asked; headers: by lower-case name (of Rack: "HTTP_WEBHOOK_ID" is "webhook-id");
  # body: a string, as it came; now: Unix seconds, Time.now.to_i.
  def self.verify(secrets, method, url, headers, body, now)
    keys = secrets.map { |secret| key(secret) }
    id, timestamp, signature = %w[webhook-id webhook-timestamp webhook-signature].map do |name|
      value = headers[name].to_s
      raise Refused.new("missing", "#{name} is missing") if value.empty?

      value
    end
    raise Refused.new("malformed", "webhook-timestamp is not a number of seconds") unless timestamp.match?(/\A[0-9]{1,12}\z/)

    age = now - timestamp.to_i
    raise Refused.new("stale", "signed #{age} s ago") if age > TOLERANCE
    raise Refused.new("future", "signed #{-age} s in the future") if age < -TOLERANCE

    signatures = signature.split(/ /).select { |part| part.start_with?("v1,") }
    raise Refused.new("unknown_version", "no signature of version v1") if signatures.empty?

    content = [id, timestamp, method, url, OpenSSL::Digest::SHA256.hexdigest(body)].join(".")
    fits = keys.any? do |key|
      expected = "v1," + [OpenSSL::HMAC.digest("SHA256", key, content)].pack("m0")
      signatures.any? { |given| OpenSSL.secure_compare(given, expected) }
    end
    raise Refused.new("mismatch", "no signature fits: other secret, method, URL or body") unless fits
  end
end
