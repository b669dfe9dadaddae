# Runs docs/verify/verify.rb over the vectors: a line each, what came of it.

require "json"
require "#{ARGV[0]}/verify.rb"

JSON.parse(File.read("#{ARGV[0]}/vectors.json", encoding: "UTF-8"))["rows"].each do |row|
  Passthru.verify(row["secrets"], row["method"], row["url"], row["headers"], row["body"], row["now"])
  puts "ok"
rescue Passthru::Refused => e
  puts e.code
rescue ArgumentError
  puts "bad_secret"
end
