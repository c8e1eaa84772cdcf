
>
inputPlaceholder*
dtype0*
shape:
›
filterConst*
dtype0*ü
valueòBï"Ø*0¿æÃ	>•Š>$í¹½ÙâX¾.~½Í2@¿íó£>š‰>÷ë>ëo¿³p(>±«ñ:$¿>?¡…Ç¾Ñ‰Ã¾êF½OÒ=ÉVl¾#…È<[ï¾Öë >ÿ»¸>®-C¾/>å}¾4pþ¾y:?KÅ>ž3ó¾}3ê=Æ›½óÖ]>Ó)¿_’¾u•¾OÍ¾"o>HÊa>î«n>>*ú¾:+R¾‰Èe>yaN>Øï·¾Ž¿/?zê½ÑÖ>¿àÑ>v=Y<Ê›>Äƒ¾
K
args_0Const*
dtype0*-
value$B""nÞ¾*Ü§¾`Š¶> [?G@?Ö´¿
š
op_FusedDepthwiseConv2dNativeinputfilterargs_0*
T0*
	fused_ops
BiasAddRelu6*
num_args*
paddingSAME*
strides
