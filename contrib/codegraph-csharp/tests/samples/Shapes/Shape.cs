using System;
using System.Collections.Generic;
using Text = System.String;

namespace Geo.Shapes
{
    // What every shape has.
    public abstract class Shape : IMeasured
    {
        private readonly int size = 1, count;
        public const int Limit = 3;
        public string Name { get; set; } = "shape";
        public event EventHandler Changed;

        protected Shape(int size)
        {
            this.size = size;
            Check(size);
        }

        // The area.
        public abstract double Area();

        public virtual double Scale(double by, params int[] rest)
        {
            if (by > 0 && size > 1 || rest.Length == 0)
                return Area() * by;
            foreach (var each in rest)
            {
                Check(each);
            }
            for (var i = 0; i < 3; i++) { Check(i); }
            switch (size)
            {
                case 1: return 1;
                case 2: return Limit;
                default: break;
            }
            try { Check(count); }
            catch (ArgumentException error) when (error.Message != null) { throw; }
            int Twice(int x) => x * 2;
            Func<int, int> half = x => x / 2;
            return Twice(half(size)) ?? 0;
        }

        private static void Check(int value) { Console.WriteLine($"value {value}"); }

        public int this[int index] => index;

        public enum Colour { Red, Green = 2 }

        public delegate int Measure(Shape shape);
    }

    public interface IMeasured
    {
        double Area();
    }

    public record Point(int X, int Y);

    public struct Box<T> where T : Shape
    {
        public T Inner;
    }
}
