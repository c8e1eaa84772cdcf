
B
inputPlaceholder*
dtype0*
shape:
Ç
filterConst*
dtype0*¨
valuežB›"€ôwë=Ó·=¾<>þT?2R¿i}²>{q¾½Ú‘l¾7K‘<¢½¡¾09œ>"!?9¿Ì“½±`ä¾©š¾˜¾ª:‘¾Â¡¾U6È¾çoÛ>«±®¾%y>bº—?1!‚=XBY<§
=Þb…¾Ô­t¾£SO½Ž45>)d¾åÛ¡¾Ø™\?6Ë?Úã>zà¾\ú<õ4â>ÂšÕ>*ùä½H×N=n¸õ¾ÇÓO½ºÅ¼vºº~oÓ¾†K¿§¨•=3¹/>BUq¾j  =(Nj>vÄ½³.¾ø|p=RæB¿	{Ÿ>c¡ú<7

>Tƒ¾}¸0¾OÃ>÷Õ—¾
C
args_0Const*
dtype0*%
valueB"±Ú*¾Û!æ>güà>+q¿
Œ
op_FusedConv3Dinputfilterargs_0*
T0*
	fused_ops
BiasAddRelu6*
num_args*
paddingSAME*
strides	
