/// The unit vector at an angle, in turns (1 is a full circle).
///
/// Taylor series on an eighth of the circle, accurate to 10⁻¹¹. Unlike libm's functions, they produce the same bits
/// on every machine.
package func unitVector(turns: Double) -> Point {
  let quarters = (turns * 4).rounded()
  let angle = (turns * 4 - quarters) * (Double.pi / 2)
  let square = angle * angle
  let sine =
    angle
    * (1 - square / 6
      * (1 - square / 20 * (1 - square / 42 * (1 - square / 72 * (1 - square / 110)))))
  let cosine =
    1 - square / 2 * (1 - square / 12 * (1 - square / 30 * (1 - square / 56 * (1 - square / 90))))
  switch Int(quarters) & 3 {
  case 0: return Point(x: cosine, y: sine)
  case 1: return Point(x: -sine, y: cosine)
  case 2: return Point(x: -cosine, y: -sine)
  default: return Point(x: sine, y: -cosine)
  }
}
