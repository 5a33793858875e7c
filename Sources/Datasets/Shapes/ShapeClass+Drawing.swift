import Definitions

extension ShapesSketch {
  mutating func draw(_ shape: ShapeClass) {
    switch shape {
    case .branch: drawBranch()
    case .flower: drawFlower()
    case .gear: drawGear()
    case .house: drawHouse()
    case .ladder: drawLadder()
    case .leaf: drawLeaf()
    case .snake: drawSnake()
    case .starfish: drawStarfish()
    case .truck: drawTruck()
    case .window: drawWindow()
    }
  }
}
