namespace NetPol.Lab;

/// <summary>A place to listen on. <paramref name="Number"/> is 0 for <see cref="LabProtocol.Icmp"/>, which the kernel answers by itself.</summary>
public readonly record struct LabPort(LabProtocol Protocol, ushort Number);
