
>
inputPlaceholder*
dtype0*
shape:
›
filterConst*
dtype0*ü
valueòBï"Øó!?Mg¦¾ ª<‹®í=ƒâ¾ò4½oà¿½”šŸ¾@ƒ¸¾‡”5>·ã?.±¾‹_—¾ÔŒß½†>¿c'¼ë¼•™¯>¸Ü\>ıØ½¹f¿Ûú­¾ğIÆ¾…¾¹a½ı¹¦¾¯©">ÇÇŒ>¨Ğ¡>dê¾_Ì/<ğÆ>àŞ=¡]Ü¾ùQˆ½©0
¿µ>/>ÈÛé;Ùş?I3¿(Õ½OÏÓ>öå»m¾ PÂ¾©¸=Ñ^ˆ>ø	®>@%ù<ÁKv>áÒŒ>;‚¿3?
K
args_0Const*
dtype0*-
value$B""¹ †?†¶=¡™?q¼w¿DTºz?
˜
op_FusedDepthwiseConv2dNativeinputfilterargs_0*
T0*
	fused_ops
BiasAddElu*
num_args*
paddingSAME*
strides
