namespace NetPol.Netlink;

/// <summary>A message that was begun and not yet ended, see <see cref="MessageWriter.BeginMessage"/>.</summary>
/// <param name="Offset">Where its header stands in the buffer.</param>
public readonly record struct MessageToken(int Offset);
