require "set"

# What every shape has.
module Geo
  class Shape
    include Comparable
    attr_reader :name

    LIMIT = 3
    @@count = 0

    def initialize(name, size = 1, *rest, key: 2, **opts, &block)
      @name = name
      check(size)
    end

    # A new one.
    def self.unit(x)
      new(x)
    end

    class << self
      def build
        unit(1)
      end
    end

    def area
      return scale(2) if @name && !size.nil?
      items.each { |i| puts i }
      items.map do |i, (p, q)|
        check(i)
      end
      begin
        check(1)
      rescue ArgumentError => e
        raise e
      end
      case name
      when "a" then 2
      else 3
      end
      first, second = 1, 2
      half = ->(z) { z / second }
      until first > 2 do first += 1 end
      "#{half}c" unless first
      yield 1
    end

    def scale(by) = by

    private

    def check(value)
      value ? true : false
    end

    alias old_area area
  end
end
