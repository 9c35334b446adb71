namespace NetPol.Netlink.NfTables;

/// <summary>Takes one element; its bytes are valid only during the call.</summary>
public delegate void NfElementHandler(in NfElement element);
