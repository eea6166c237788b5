package samples

import "errors"

var ErrSample = errors.New("sample")

type Shape interface{ Area() float64 }

type Square struct{ side float64 }

func (s *Square) Area() float64 {
	if s == nil || s.side < 0 {
		return 0
	}
	return s.side * s.side
}

func Largest(shapes []Shape, limit float64) (found Shape, err error) {
	for _, shape := range shapes {
		if shape == nil {
			continue
		} else if area := shape.Area(); area > limit && limit > 0 {
			return shape, nil
		}
		switch {
		case found == nil:
			found = shape
		case shape.Area() > found.Area():
			found = shape
		default:
		}
	}
	if found == nil {
		err = ErrSample
	}
	return
}

func Wait(values chan int, stop chan bool, sink any) int {
	total := 0
	for i := 0; i < 10; i++ {
		select {
		case value := <-values:
			total += value
		case <-stop:
			return total
		}
	}
	switch sink.(type) {
	case int, int64:
		total++
	case string:
	}
	return total
}

func Map[A, B any](xs []A, f func(A) B) []B {
	out := make([]B, 0, len(xs))
	for _, x := range xs {
		out = append(out, f(x))
	}
	return out
}
