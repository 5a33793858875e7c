/// Red, green and blue, each 0…1.
package struct Color: Hashable, Sendable {
  package var red: Double
  package var green: Double
  package var blue: Double

  package init(red: Double, green: Double, blue: Double) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  /// From hue (0…1 around the circle), saturation and value, piecewise linear.
  init(hue: Double, saturation: Double, value: Double) {
    func channel(_ offset: Double) -> Double {
      let turned = hue + offset
      let place = (turned - turned.rounded(.down)) * 6
      let share = min(max(min(place, 4 - place), 0), 1)
      return value * (1 - saturation * share)
    }
    self.init(red: channel(5.0 / 6), green: channel(3.0 / 6), blue: channel(1.0 / 6))
  }

  func mixed(with other: Color, share: Double) -> Color {
    Color(
      red: red + (other.red - red) * share, green: green + (other.green - green) * share,
      blue: blue + (other.blue - blue) * share)
  }

  func scaled(by factor: Double) -> Color {
    Color(red: red * factor, green: green * factor, blue: blue * factor)
  }

  /// The approximate perceived difference of two colours: 0…√3.
  func distance(to other: Color) -> Double {
    let (r, g, b) = (red - other.red, green - other.green, blue - other.blue)
    return (r * r + g * g + b * b).squareRoot()
  }
}
