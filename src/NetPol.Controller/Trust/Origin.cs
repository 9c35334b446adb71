using System.Net;

namespace NetPol.Controller.Trust;

/// <summary>Where a token came from.</summary>
/// <param name="Address">The source address of the connection.</param>
/// <param name="IsKnown">Whether it is a node's, or a caller proved there who it is.</param>
internal readonly record struct Origin(IPAddress Address, bool IsKnown);
