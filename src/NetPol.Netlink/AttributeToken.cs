namespace NetPol.Netlink;

/// <summary>A nest of attributes that was begun and not yet ended, see <see cref="MessageWriter.BeginNested"/>.</summary>
/// <param name="Offset">Where its header stands in the buffer.</param>
public readonly record struct AttributeToken(int Offset);
