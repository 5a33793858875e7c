import CKernels

/// A window that slides over the feature map of one image: height × width × channels, channels last.
package struct Window {
  var geometry: ck_window

  package init(
    height: Int, width: Int, channels: Int, kernel: Int, stride: Int, padding: Int,
    outputHeight: Int, outputWidth: Int
  ) {
    geometry = ck_window(
      height: Int32(height), width: Int32(width), channels: Int32(channels),
      kernel: Int32(kernel), stride: Int32(stride), padding: Int32(padding),
      out_height: Int32(outputHeight), out_width: Int32(outputWidth))
  }

  package var outputHeight: Int { Int(geometry.out_height) }
  package var outputWidth: Int { Int(geometry.out_width) }
}

// MARK: - Convolution

extension Window {
  /// Copies the windows of some output rows to the rows of a matrix (im2col): one row per location, kernel × kernel ×
  /// the given channels, with zeros outside the image.
  package func lower(
    _ image: UnsafePointer<Float>, channels: Range<Int>, rows: Range<Int>, into columns: Floats
  ) {
    withUnsafePointer(to: geometry) {
      ck_lower(
        columns, image, $0, Int32(channels.lowerBound), Int32(channels.count),
        Int32(rows.lowerBound), Int32(rows.upperBound))
    }
  }

  /// The windows of some output rows, of all channels, as blocks of 16 columns, those from number `first` on of `places`
  /// places.
  ///
  /// - Precondition: the channels are a multiple of 16.
  package func lowerBlocks(
    _ image: UnsafePointer<Float>, rows: Range<Int>, into blocks: Floats, first: Int,
    of places: Int
  ) {
    withUnsafePointer(to: geometry) {
      ck_lower_blocks(
        blocks + first * 16, places * 16, image, $0, Int32(rows.lowerBound),
        Int32(rows.upperBound))
    }
  }

  /// The adjoint of `lower` (col2im): adds the rows of a matrix to the locations they came from.
  package func raise(
    _ columns: UnsafePointer<Float>, channels: Range<Int>, rows: Range<Int>, into image: Floats
  ) {
    withUnsafePointer(to: geometry) {
      ck_raise(
        image, columns, $0, Int32(channels.lowerBound), Int32(channels.count),
        Int32(rows.lowerBound), Int32(rows.upperBound))
    }
  }
}

// MARK: - Depthwise convolution

extension Window {
  /// The largest kernel that there is room for the sums of.
  package static let largestDepthwiseKernel = 7

  /// Each channel filtered by its own taps, which stand as kernel × kernel × channels.
  package func depthwise(
    _ input: UnsafePointer<Float>, taps: UnsafePointer<Float>, biases: UnsafePointer<Float>?,
    finish: OutputFinish = OutputFinish(), into output: Floats
  ) {
    precondition(finish.added == nil, "nothing is added to depthwise convolutions")
    withUnsafePointer(to: geometry) { window in
      withUnsafePointer(to: finish.settings) {
        ck_depthwise(output, input, taps, biases, window, finish.isNothing ? nil : $0)
      }
    }
  }

  /// The gradient of the input, which is overwritten.
  package func depthwiseGradient(
    _ outputGradient: UnsafePointer<Float>, taps: UnsafePointer<Float>, into inputGradient: Floats
  ) {
    withUnsafePointer(to: geometry) {
      ck_depthwise_gradient(inputGradient, outputGradient, taps, $0)
    }
  }

  /// Adds the gradient of the taps to sums.
  package func addDepthwiseTapGradients(
    _ outputGradient: UnsafePointer<Float>, input: UnsafePointer<Float>, to sums: Floats
  ) {
    withUnsafePointer(to: geometry) {
      ck_depthwise_tap_gradients(sums, outputGradient, input, $0)
    }
  }
}

// MARK: - Space to depth

extension Window {
  /// Rearranges stride × stride pixels into one: the image as rows × columns of stride² · channels, with zeros
  /// outside it.
  package func spaceToDepth(
    _ image: UnsafePointer<Float>, rows: Int, columns: Int, into result: Floats
  ) {
    withUnsafePointer(to: geometry) {
      ck_space_to_depth(result, image, $0, Int32(rows), Int32(columns))
    }
  }

  /// The adjoint of `spaceToDepth`; the image is overwritten.
  package func depthToSpace(
    _ values: UnsafePointer<Float>, rows: Int, columns: Int, into image: Floats
  ) {
    withUnsafePointer(to: geometry) {
      ck_depth_to_space(image, values, $0, Int32(rows), Int32(columns))
    }
  }
}

// MARK: - Pooling

extension Window {
  /// The largest kernel whose positions within a window fit in 16 bits.
  package static let largestMaxPoolKernel = 255

  /// The maximum of each window and, if requested, its position in the window; the first of equal values.
  package func maxPool(
    _ input: UnsafePointer<Float>, into output: Floats, chosen: UnsafeMutablePointer<UInt16>?
  ) {
    withUnsafePointer(to: geometry) { ck_max_pool(output, chosen, input, $0) }
  }

  /// The gradient of `maxPool`; `inputGradient` is overwritten.
  package func maxPoolGradient(
    _ outputGradient: UnsafePointer<Float>, chosen: UnsafePointer<UInt16>,
    into inputGradient: Floats
  ) {
    withUnsafePointer(to: geometry) {
      ck_max_pool_gradient(inputGradient, outputGradient, chosen, $0)
    }
  }

  /// The sum of each window divided by its area. As in Caffe, the area is the part of the window inside the image
  /// *with its padding*: padding counts as zeros, but anything beyond it is ignored.
  package func averagePool(_ input: UnsafePointer<Float>, into output: Floats) {
    withUnsafePointer(to: geometry) { ck_average_pool(output, input, $0) }
  }

  /// The gradient of `averagePool`; `inputGradient` is overwritten.
  package func averagePoolGradient(
    _ outputGradient: UnsafePointer<Float>, into inputGradient: Floats
  ) {
    withUnsafePointer(to: geometry) {
      ck_average_pool_gradient(inputGradient, outputGradient, $0)
    }
  }
}
